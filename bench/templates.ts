import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { composeFiles } from '../server/templates-report/files.ts'
import { parseTemplate } from '../server/workload/compose/parse.ts'
import { exampleInput } from '../server/workload/example.ts'
import { manifests } from '../server/workload/manifests/index.ts'
import { median, verdict } from './report.ts'

/**
 * Templates a second on one core, from the text to the objects, against a limit, and beside the bare YAML parser on the
 * same texts. Counted in processor time, since what else the machine does is not the parser's fault.
 */
const goalPerSecond = 500
const rounds = 9

export async function templates(): Promise<void> {
  const folder = process.env['BERTH_BENCH_TEMPLATES'] ?? new URL('../server/db/catalog', import.meta.url).pathname
  const texts = composeFiles(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  if (texts.length === 0) throw new Error(`There are no Compose files in ${folder}.`)
  const build = (text: string): void => {
    const result = parseTemplate(text)
    if (result.ok) manifests(exampleInput(result.spec))
  }
  const bare = (text: string): void => {
    try {
      parse(text, { merge: true })
    } catch {
      // Not YAML: that, too, took its time.
    }
  }
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round++) {
    theirs.push(perSecond(texts, bare))
    ours.push(perSecond(texts, build))
  }
  console.log(`${texts.length} templates of ${folder}`)
  console.log(`templates a second, parse to objects: ${shown(ours)}`)
  console.log(`documents a second, bare yaml:        ${shown(theirs)}`)
  console.log(`of the time of one template, ${((100 * median(ours)) / median(theirs)).toFixed(0)} % is reading YAML`)
  verdict('templates', median(ours) / goalPerSecond, '>=1.00')
}

/** Enough of them that the clock's grain does not count. */
function perSecond(texts: readonly string[], work: (text: string) => void): number {
  const repeats = Math.ceil(200 / texts.length)
  const before = process.cpuUsage()
  for (let repeat = 0; repeat < repeats; repeat++) texts.forEach(work)
  const { user, system } = process.cpuUsage(before)
  return (repeats * texts.length * 1e6) / (user + system)
}

const shown = (samples: readonly number[]): string => samples.map((sample) => sample.toFixed(0)).join(' ')
