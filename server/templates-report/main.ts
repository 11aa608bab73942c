import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config/read-config.ts'
import { createKubeClient } from '../kube/client.ts'
import { messageOf } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { createDryRun, type DryRun } from './dry-run.ts'
import { composeFiles, readSome } from './files.ts'
import { judge, type Verdict } from './judge.ts'
import { isSound, lineOf, refusalsLine, sumsLine, type Entry } from './report.ts'

/**
 * `npm run templates:report -- FOLDER`: what Berth makes of every Compose file in a folder, a line for each and the sums
 * last. With KUBECONFIG, of somebody who may make namespaces and pods, `applied` and `rejected` are an API server's
 * answers. Ends with 1 where Berth broke its word.
 */
const usage = 'Name a folder: npm run templates:report -- FOLDER'
/** Templates under way at once: an API server has better to do than to serve this. */
const atOnce = 6

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function report(folder: string, dryRun: DryRun | undefined): Promise<Entry[]> {
  const files = composeFiles(folder)
  const entries: Entry[] = []
  let next = 0
  let said = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++) {
      const file = files[index] ?? ''
      entries[index] = { file, verdict: await verdictOn(file, folder, dryRun) }
      for (let entry = entries[said]; entry; entry = entries[++said]) say(lineOf(entry))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return entries
}

async function verdictOn(file: string, folder: string, dryRun: DryRun | undefined): Promise<Verdict> {
  const { verdict, spec } = judge(readSome(join(folder, file)), file)
  if (!spec || !dryRun || verdict.is !== 'accepted') return verdict
  const { isolation, warnings } = verdict
  const reason = await dryRun.objectionTo(spec)
  return reason === undefined ? { is: 'applied', isolation, warnings } : { is: 'rejected', isolation, reason }
}

async function run(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [folder] = positionals
  if (folder === undefined || positionals.length > 1) throw new TypeError(usage)
  const { kubeconfig } = readConfig()
  const kubeconfigFile = kubeconfig && 'file' in kubeconfig ? kubeconfig.file : undefined
  const log = createLog('warn', process.stderr)
  const client = kubeconfigFile === undefined ? undefined : createKubeClient({ kubeconfigFile }, { log })
  const dryRun = client && createDryRun(client)
  try {
    const entries = await report(folder, dryRun)
    await dryRun?.close()
    say(refusalsLine(entries))
    if (!dryRun) say('applied and rejected stay 0: KUBECONFIG names no API server to ask')
    say(sumsLine(entries))
    if (!isSound(entries)) process.exitCode = 1
  } finally {
    client?.close()
  }
}

try {
  await run()
} catch (error) {
  process.exitCode = 2
  process.stderr.write(`${messageOf(error)}\n`)
}
