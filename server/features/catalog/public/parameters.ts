import type { ParameterSpec } from '../../../workload/spec.ts'

/** JSON Schema, as far as a form needs it. */
type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema (2020-12) of what an order may bring as `parameters`: a form can be made of it, and what passes it
 * passes the order.
 */
export const parameterSchema = (parameters: readonly ParameterSpec[]): Record<string, unknown> => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, propertyOf(parameter)])),
  required: parameters
    .filter(({ required, default: fallback }) => required && fallback === undefined)
    .map(({ name }) => name),
  additionalProperties: false,
})

function propertyOf(parameter: ParameterSpec): JsonSchema {
  const { type, title, description, pattern, minimum, maximum, minLength, maxLength, secret, immutable } = parameter
  const given = { description, minimum, maximum, ...(type === 'string' && { minLength, maxLength, pattern }) }
  return {
    type,
    title,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    // Everybody reads this; of a secret that has a default, an order that leaves it out gets it all the same.
    ...(parameter.default !== undefined && !secret && { default: valueOf(parameter, parameter.default) }),
    ...(parameter.enum && { enum: parameter.enum.map((value) => valueOf(parameter, value)) }),
    // What a form hides while it is typed, and what cannot be changed afterwards.
    ...(secret && { writeOnly: true, format: 'password' }),
    ...(immutable && { 'x-immutable': true }),
  }
}

/** Parameters are texts inside; a form works with values of their type. */
function valueOf({ type }: ParameterSpec, text: string): string | number | boolean {
  if (type === 'boolean') return text === 'true'
  return type === 'integer' || type === 'number' ? Number(text) : text
}
