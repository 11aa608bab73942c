import { invalid, type FieldError } from '../../lib/errors.ts'
import type { ParameterSpec, WorkloadSpec } from '../../workload/spec.ts'

/** What an order may say about its service, checked against what the template declares. Pure. */
export type Parameters = Readonly<Record<string, string>>

/**
 * The parameters as they are stored: text, defaults not filled in (they belong to the revision). Throws `invalid`
 * INVALID_PARAMETERS with a pointer for each wrong one.
 */
export function checkParameters(
  spec: WorkloadSpec,
  given: Readonly<Record<string, string | number | boolean>>,
): Parameters {
  const declared = new Map(spec.parameters.map((parameter) => [parameter.name, parameter]))
  const errors: FieldError[] = []
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const parameter = declared.get(name)
    const wrong = parameter ? problemOf(parameter, String(value)) : 'is not a parameter of this service'
    if (wrong !== undefined) errors.push({ pointer: `/parameters/${escapePointer(name)}`, detail: wrong })
    else checked[name] = String(value)
  }
  for (const { name, required, default: fallback } of spec.parameters) {
    if (required && fallback === undefined && !Object.hasOwn(given, name)) {
      errors.push({ pointer: `/parameters/${escapePointer(name)}`, detail: 'is required' })
    }
  }
  if (errors.length > 0)
    throw invalid('INVALID_PARAMETERS', 'The parameters do not fit the service.', { fields: errors })
  return checked
}

/** RFC 6901 section 3. */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

const longestValue = 10_000

function problemOf(parameter: ParameterSpec, value: string): string | undefined {
  const { type, enum: choices, pattern, minimum, maximum, minLength, maxLength = longestValue } = parameter
  if (choices && !choices.includes(value)) return `is not one of ${choices.join(', ')}`
  if (type === 'boolean' && value !== 'true' && value !== 'false') return 'is neither true nor false'
  if (type === 'integer' && !/^-?\d{1,15}$/.test(value)) return 'is not a whole number'
  if (type === 'number' && (value.trim() === '' || !Number.isFinite(Number(value)))) return 'is not a number'
  if (type === 'integer' || type === 'number') {
    if (minimum !== undefined && Number(value) < minimum) return `is less than ${minimum}`
    if (maximum !== undefined && Number(value) > maximum) return `is more than ${maximum}`
    return undefined
  }
  if (minLength !== undefined && value.length < minLength) return `is shorter than ${minLength} characters`
  if (value.length > maxLength) return `is longer than ${maxLength} characters`
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return `does not match ${pattern}`
  return undefined
}
