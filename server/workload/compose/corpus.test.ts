import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifests } from '../manifests/index.ts'
import { inputOf } from '../test/sample.ts'
import { parseTemplate } from './parse.ts'

const folder = process.env['BERTH_TEST_CORPUS']

if (!folder) process.stdout.write('public templates: skipped, BERTH_TEST_CORPUS names no folder of Compose files\n')

describe.skipIf(!folder)('public templates', () => {
  it('are parsed or refused by a named rule, and those that are parsed become objects', () => {
    const files = readdirSync(folder ?? '').filter((name) => /\.ya?ml$/.test(name))
    const counts = new Map<string, number>()
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
    for (const file of files) {
      const result = parseTemplate(readFileSync(join(folder ?? '', file), 'utf8'), { file })
      count(result.ok ? result.spec.isolation : (result.refusals[0]?.code ?? 'NOTHING_SAID'))
      if (result.ok) expect(manifests(inputOf(result.spec)).length, file).toBeGreaterThan(5)
    }
    process.stdout.write(`${files.length} files: ${[...counts].map(([what, many]) => `${what}=${many}`).join(' ')}\n`)
    expect(counts.has('NOTHING_SAID')).toBe(false)
  })
})
