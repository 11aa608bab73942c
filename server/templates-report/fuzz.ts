import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../lib/errors.ts'
import { composeFiles } from './files.ts'
import { judge } from './judge.ts'
import { createDice, mutate } from './mutate.ts'

/**
 * `npm run templates:fuzz -- FOLDER --count 100000 --seed 1`: mutated templates, each of which has to end in a workload
 * whose objects hold together, or in refusals, and soon. Prints what ended how and the slowest; ends with 1 otherwise.
 */
const usage = 'Name a folder of Compose files: npm run templates:fuzz -- FOLDER --count 100000 --seed 1'
/** Nothing that a template says may hold a server up for longer. */
const mostMs = 5_000

function run(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  })
  const [folder] = positionals
  const [count, seed] = [Number(values.count), Number(values.seed)]
  if (folder === undefined || !Number.isSafeInteger(count) || !Number.isSafeInteger(seed)) throw new TypeError(usage)
  const templates = composeFiles(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const dice = createDice(seed)
  const ends = new Map<string, number>()
  const started = performance.now()
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const text = mutate(templates, dice)
    const before = performance.now()
    const { verdict } = judge(text, 'mutated')
    const tookMs = performance.now() - before
    slowestMs = Math.max(slowestMs, tookMs)
    ends.set(verdict.is, (ends.get(verdict.is) ?? 0) + 1)
    if (verdict.is !== 'crashed' && tookMs <= mostMs) continue
    process.exitCode = 1
    process.stdout.write(`input ${index}: ${verdict.is === 'crashed' ? verdict.reason : `${tookMs.toFixed(0)} ms`}\n`)
    process.stdout.write(`${text.slice(0, 4_000)}\n\n`)
  }
  const seconds = (performance.now() - started) / 1000
  const sums = [...ends]
    .filter(([end]) => end !== 'crashed')
    .sort()
    .map(([end, many]) => `${end}=${many}`)
  process.stdout.write(
    `inputs=${count} seed=${seed} ${sums.join(' ')} crashed=${ends.get('crashed') ?? 0} ` +
      `seconds=${seconds.toFixed(0)} slowest_ms=${slowestMs.toFixed(0)}\n`,
  )
}

try {
  run()
} catch (error) {
  process.exitCode = 2
  process.stderr.write(`${messageOf(error)}\n`)
}
