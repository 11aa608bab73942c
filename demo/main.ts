import { parseArgs } from 'node:util'
import { becomeCustomer, browse } from './customer.ts'
import { endIt } from './ending.ts'
import { createSaboteur, kubeconfigOf } from './kubernetes.ts'
import { openLive } from './live.ts'
import { createProgress, type Progress } from './progress.ts'
import { watchRepair } from './repair.ts'
import { findServer, wrongUrl, type DemoServer } from './server.ts'
import { printConnection, subscribe } from './subscription.ts'

const usage = `Performs the main job against a running Berth, as a customer would.

  npm run demo

  BERTH_URL       the server (default http://localhost:3000; where none answers there, one is started and stopped again)
  KUBECONFIG      the cluster that the server drives (default: the simulated one in its data directory)
  BERTH_DATA_DIR  the data directory of that server (default ./.berth)
  BERTH_EMAIL     with BERTH_PASSWORD: an account that there is (default: a new one is registered)

Ends with exit code 0 if every step held, else 1; with 2 where a variable is wrong.
`

async function perform(progress: Progress, { url, dataDirectory }: DemoServer): Promise<void> {
  const saboteur = createSaboteur(kubeconfigOf(process.env, dataDirectory))
  const client = await becomeCustomer(progress, url, process.env)
  const choice = await browse(progress, client)
  const live = openLive(client)
  try {
    const demo = { progress, client, live }
    const subscription = await subscribe(demo, choice)
    await printConnection(demo, subscription)
    await watchRepair(demo, saboteur, subscription)
    await endIt(demo, saboteur, subscription)
  } finally {
    await live.close()
  }
}

/** Whether every step held, the stopping of the server among them. */
async function main(): Promise<boolean> {
  const started = performance.now()
  const progress = createProgress()
  const server = await progress.step(
    'Find a server, or start one',
    () => findServer(process.env),
    ({ url, own }) => `${url}${own ? ', started for this in a temporary folder' : ''}`,
  )
  let interrupted = false
  const stop = (): void => {
    interrupted = true
    void server.stop().then(() => process.exit(130))
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let held = true
  try {
    await perform(progress, server)
  } catch (error) {
    if (interrupted) return false
    held = false
    progress.show(['', ...describe(error)])
  }
  if (server.own) held = (await progress.step('Stop the server', () => server.stop())) && held
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  progress.chapter(held ? `Every step held, in ${seconds} s.` : `Not every step held (${seconds} s).`)
  return held
}

/** What went wrong and, below it, why. */
function describe(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  return [error.message, ...(error.cause === undefined ? [] : describe(error.cause).map((line) => `  ${line}`))]
}

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } })
const wrong = wrongUrl(process.env)
if (values.help) process.stdout.write(usage)
else if (wrong !== undefined) {
  process.stderr.write(`${wrong}\n`)
  process.exitCode = 2
} else process.exitCode = (await main()) ? 0 : 1
