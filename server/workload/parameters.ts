import { invalid, type Failure } from '../lib/errors.ts'
import { compilePattern } from './pattern.ts'
import type { ParameterSpec, WorkloadSpec } from './spec.ts'

/** The most characters that a parameter may have where its template sets no limit. */
const defaultMaxLength = 4096

export type ParameterProblem = { readonly name: string; readonly message: string }
export type ParameterResult =
  | { readonly ok: true; readonly values: Record<string, string> }
  | { readonly ok: false; readonly problems: readonly ParameterProblem[] }

/**
 * Checks what a customer gave for a template's parameters. The values come back as text with defaults filled in, as
 * they are stored: a default that a later revision changes then changes nothing that runs.
 */
export function resolveParameters(
  spec: Pick<WorkloadSpec, 'parameters'>,
  given: Readonly<Record<string, unknown>>,
): ParameterResult {
  const values: Record<string, string> = {}
  const problems: ParameterProblem[] = []
  const known = new Set(spec.parameters.map(({ name }) => name))
  for (const name of Object.keys(given)) {
    if (!known.has(name)) problems.push({ name, message: unknownParameter(spec.parameters) })
  }
  for (const parameter of spec.parameters) {
    const raw = Object.hasOwn(given, parameter.name) ? given[parameter.name] : undefined
    const text = raw === undefined || raw === null ? parameter.default : textOf(raw)
    const message = problemOf(parameter, text, raw)
    if (message !== undefined) problems.push({ name: parameter.name, message })
    else if (text !== undefined) values[parameter.name] = text
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, values }
}

/** `invalid` INVALID_PARAMETERS, with a pointer (RFC 6901) to each that is wrong. */
export const parametersRefused = (problems: readonly ParameterProblem[]): Failure =>
  invalid('INVALID_PARAMETERS', 'The parameters do not fit the service.', {
    fields: problems.map(({ name, message }) => ({
      pointer: `/parameters/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      detail: message,
    })),
  })

const unknownParameter = (parameters: readonly ParameterSpec[]): string =>
  parameters.length === 0
    ? 'This service has no parameters.'
    : `This service has no such parameter; it has ${parameters.map(({ name }) => name).join(', ')}.`

const textOf = (raw: unknown): string | undefined =>
  typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined

/** What is wrong with a value, in a sentence; undefined where nothing is. */
export function problemOf(parameter: ParameterSpec, text: string | undefined, raw: unknown = text): string | undefined {
  if (text === undefined && raw !== undefined && raw !== null) return 'Must be a text, a number or a boolean.'
  if (text === undefined || text === '') return parameter.required ? 'Must be given.' : undefined
  if (parameter.enum && !parameter.enum.includes(text)) return `Must be one of ${parameter.enum.join(', ')}.`
  return typeProblem(parameter, text) ?? lengthProblem(parameter, text) ?? patternProblem(parameter, text)
}

function typeProblem({ type, minimum, maximum }: ParameterSpec, text: string): string | undefined {
  if (type === 'boolean') return text === 'true' || text === 'false' ? undefined : 'Must be true or false.'
  if (type === 'string') return text.includes('\0') ? 'Must not contain a NUL character.' : undefined
  const number = Number(text)
  const wellFormed =
    type === 'integer' ? /^-?\d+$/.test(text) && Number.isSafeInteger(number) : /^-?\d+(\.\d+)?$/.test(text)
  if (!wellFormed) return type === 'integer' ? 'Must be a whole number.' : 'Must be a number.'
  if (minimum !== undefined && number < minimum) return `Must be at least ${minimum}.`
  if (maximum !== undefined && number > maximum) return `Must be at most ${maximum}.`
  return undefined
}

function lengthProblem(
  { minLength = 0, maxLength = defaultMaxLength }: ParameterSpec,
  text: string,
): string | undefined {
  if (text.length < minLength) return `Must have at least ${minLength} characters.`
  return text.length > maxLength ? `Must have at most ${maxLength} characters.` : undefined
}

function patternProblem({ pattern }: ParameterSpec, text: string): string | undefined {
  if (pattern === undefined) return undefined
  // A stored revision may hold one that is no longer taken: what it asked cannot be checked.
  const compiled = compilePattern(pattern)
  return compiled === undefined || compiled.matches(text) ? undefined : `Must match ${pattern}.`
}
