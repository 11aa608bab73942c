import { readFileSync } from 'node:fs'
import { type SeedService } from '../../db/catalog/index.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { parseTemplate } from '../compose/parse.ts'
import type { WorkloadSpec } from '../spec.ts'

/** The workload of a template that is meant to be accepted. */
export function workloadOf(source: string): WorkloadSpec {
  const result = parseTemplate(source)
  if (!result.ok)
    throw new Error(result.refusals.map(({ code, path, message }) => `${code} ${path} ${message}`).join('\n'))
  return result.spec
}

export function refusalsOf(source: string): readonly Diagnostic[] {
  const result = parseTemplate(source)
  return result.ok ? [] : result.refusals
}

export const seedSource = ({ file }: Pick<SeedService, 'file'>): string =>
  readFileSync(new URL(`../../db/catalog/${file}`, import.meta.url), 'utf8')

export { exampleInput as inputOf } from '../example.ts'
