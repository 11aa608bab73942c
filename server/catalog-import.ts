import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from './config/read-config.ts'
import { createAdministration } from './features/catalog/administration.ts'
import { countResults } from './features/catalog/import/model.ts'
import type { ImportOptions, ImportResult } from './features/catalog/import/service.ts'
import { createClock } from './lib/clock.ts'
import { isFailure, messageOf } from './lib/errors.ts'
import { createLog } from './lib/log.ts'
import { createClosing } from './start/closing.ts'
import { openExistingDatabase } from './start/existing-database.ts'

/** `npm run catalog:import -- FOLDER`: services out of a folder of Compose files or exported services. */
const usage = `npm run catalog:import -- FOLDER [--category SLUG] [--revise] [--publish] [--dry-run]
  Makes a draft of each Compose file (or exported service) in the folder and below it, and prints a line for each.
  --category  of files that name none (imported)
  --revise    add a revision where there is a service of that name already; else it is left alone
  --publish   put on sale at once what can be: Compose files bring no plans, so that is for exported services
  --dry-run   say what would become of each, and write nothing`

/** A file that is longer is no template. */
const longestFile = 900_000

await run()

async function run(): Promise<void> {
  const log = createLog('warn', process.stderr)
  const closing = createClosing(log)
  try {
    const asked = readArguments()
    if (asked === undefined) {
      process.stderr.write(`${usage}\n`)
      process.exitCode = 2
      return
    }
    const database = await openExistingDatabase(readConfig(), log, closing)
    const { imports } = createAdministration({ database, clock: createClock() })
    const results: ImportResult[] = []
    for (const file of await filesIn(asked.folder)) {
      const item = { name: relative(asked.folder, file), content: await readFile(file, 'utf8') }
      const [result] =
        item.content.length > longestFile ? [tooLong(item.name)] : await imports.run(undefined, [item], asked.options)
      if (!result) continue
      results.push(result)
      process.stdout.write(`${lineOf(result)}\n`)
    }
    const counts = Object.entries(countResults(results)).map(([name, count]) => `${name}=${count}`)
    process.stdout.write(`files=${results.length} ${counts.join(' ')}\n`)
  } catch (error) {
    process.exitCode = 1
    if (isFailure(error) || error instanceof TypeError || isMissing(error))
      process.stderr.write(`${messageOf(error)}\n`)
    else log.fatal({ err: error }, messageOf(error))
  } finally {
    await closing.closeAll()
  }
}

function readArguments(): { folder: string; options: ImportOptions } | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      category: { type: 'string', default: 'imported' },
      revise: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const [folder, ...more] = positionals
  if (folder === undefined || more.length > 0) return undefined
  const { category, revise, publish } = values
  const onExisting = revise ? ('revise' as const) : ('skip' as const)
  return { folder: resolve(folder), options: { category, plans: [], onExisting, publish, dryRun: values['dry-run'] } }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function lineOf({ name, result, detail, refusals, warnings }: ImportResult): string {
  const [first] = refusals
  const why = first ? `${first.code} ${first.path || '/'} line ${first.line}` : (detail ?? '')
  return `${result.padEnd(9)} ${name}${why && `  ${why}`}${warnings.length > 0 ? `  (warnings: ${warnings.length})` : ''}`
}

function tooLong(name: string): ImportResult {
  return {
    ...{ name, result: 'refused', slug: null, serviceId: null, refusals: [], warnings: [] },
    detail: `it is longer than ${longestFile} characters`,
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
