import { z } from 'zod'
import { issueWords } from '../../lib/issue-words.ts'
import { problemOf } from '../parameters.ts'
import { compilePattern } from '../pattern.ts'
import type { ParameterSpec } from '../spec.ts'
import { magicOf } from './magic.ts'
import { child, type Node } from './node.ts'
import type { Report } from './report.ts'
import { isUrlPath } from './url-path.ts'

/** The block that says what Compose cannot: what a customer is asked, shown and may do. */
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable')
/** What is looked up by its name can be there but once. */
const isNamedOnce = (entries: readonly { name: string }[]): boolean =>
  new Set(entries.map(({ name }) => name)).size === entries.length
const label = z.string().regex(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/, 'must be a DNS label of at most 40 characters')
const command = z.union([
  z
    .string()
    .min(1)
    .transform((text) => ['/bin/sh', '-c', text]),
  z.array(z.string()).min(1),
])
const user = z.union([z.int().min(0).transform(String), z.string().regex(/^\d{1,10}(:\d{1,10})?$/, 'must be numbers')])

/** Cores or bytes as they come: far more than there are, and far from where sums of them are no numbers any more. */
const weight = z
  .number()
  .positive()
  .max(2 ** 50)

const parameter = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean']).default('string'),
  title: z.string().min(1).max(200).optional(),
  description: z.string().max(2000).optional(),
  default: scalar.optional(),
  enum: z.array(scalar).min(1).optional(),
  pattern: z.string().min(1).max(500).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(0).max(65_536).optional(),
  secret: z.boolean().default(false),
  immutable: z.boolean().default(false),
  /** Without a default it is required unless it says otherwise. */
  required: z.boolean().optional(),
})

const schema = z.strictObject({
  isolation: z.enum(['restricted', 'baseline']).optional(),
  architectures: z.array(z.enum(['amd64', 'arm64', 'arm', 'riscv64', 'ppc64le', 's390x'])).default([]),
  parameters: z.record(variableName, parameter).default({}),
  expose: z
    .array(
      z.strictObject({
        service: z.string(),
        port: z.int().min(1).max(65535),
        protocol: z.enum(['http', 'tcp']).default('http'),
        name: label.optional(),
        path: z.string().refine(isUrlPath, 'must be a path as in /api, without // and ..').default('/'),
      }),
    )
    .default([]),
  connection: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be camelCase'),
        label: z.string().min(1).max(100),
        value: scalar,
        secret: z.boolean().default(false),
      }),
    )
    .refine(isNamedOnce, 'has two fields of one name')
    .default([]),
  backup: z
    .union([
      z.strictObject({ service: z.string(), dump: command, restore: command }),
      z.strictObject({ snapshot: z.union([z.literal(true), z.array(z.string()).min(1)]) }),
    ])
    .optional(),
  actions: z
    .array(z.strictObject({ name: label, title: z.string().min(1).max(100), service: z.string(), command }))
    .refine(isNamedOnce, 'has two actions of one name')
    .default([]),
  services: z
    .record(
      z.string(),
      z.strictObject({
        user: user.optional(),
        clustered: z.boolean().default(false),
        run: z.enum(['once', 'always']).optional(),
        weights: z.strictObject({ cpu: weight.optional(), memory: weight.optional() }).optional(),
      }),
    )
    .default({}),
  volumes: z.record(z.string(), z.strictObject({ share: z.number().positive().max(1e6) })).default({}),
})

export type XBerth = z.infer<typeof schema>

/** Reads `x-berth`; what is wrong in it is refused member by member, and it then counts as absent. */
export function readXBerth(root: Node, report: Report): XBerth {
  const node = child(root, 'x-berth')
  if (!node) return schema.parse({})
  const result = schema.safeParse(node.value, { error: issueWords })
  if (result.success) return result.data
  for (const { path, message } of result.error.issues) {
    const steps = path.filter((step) => typeof step !== 'symbol')
    report.refuse('X_BERTH_INVALID', [...node.path, ...steps], message)
  }
  return schema.parse({})
}

/** The declared parameters; a default has to pass its own parameter's checks. */
export function declaredParameters(xBerth: XBerth, report: Report): ParameterSpec[] {
  const patterns = patternBudget(report)
  return Object.entries(xBerth.parameters).map(([name, { title, required, pattern, ...rest }]) => {
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    const isRequired = required ?? rest.default === undefined
    const declared: ParameterSpec = {
      ...rest,
      ...given,
      ...(pattern !== undefined && patterns.allow(name, pattern) && { pattern }),
      name,
      title: title ?? name,
      required: isRequired,
      inferred: false,
    }
    checkParameter(declared, report)
    return declared
  })
}

/** Instructions of one pattern, and of all of a template: `[a-z]{1,63}` has 130, and the largest there are 70,000. */
const patternSizes = { one: 5_000, all: 50_000 } as const

/** Patterns are tried on what customers type, all of them at each order: together they have a bound. */
function patternBudget(report: Report): { allow(parameter: string, pattern: string): boolean } {
  let left: number = patternSizes.all
  const refuse = (parameter: string, message: string): false => {
    report.refuse('X_BERTH_INVALID', ['x-berth', 'parameters', parameter, 'pattern'], message)
    return false
  }
  return {
    allow(parameter, pattern) {
      // Said once: compiling what comes after would cost what the bound is for.
      if (left < 0) return false
      const compiled = compilePattern(pattern)
      if (!compiled)
        return refuse(parameter, 'must be a regular expression as RE2 takes it: no look-ahead, no back-references')
      left -= compiled.size
      if (compiled.size > patternSizes.one) return refuse(parameter, 'repeats too much: give it smaller numbers')
      return left >= 0 || refuse(parameter, 'is too much, with the patterns before it: make them simpler')
    },
  }
}

/** One that no value could satisfy would make a service that nobody can order. */
function checkParameter(declared: ParameterSpec, report: Report): void {
  const { name, minimum, maximum, minLength, maxLength } = declared
  const refuse = (key: string, message: string): void =>
    report.refuse('X_BERTH_INVALID', ['x-berth', 'parameters', name, key], message)
  if (magicOf(name)) refuse('type', `${name} has its value by its name, whatever an order says.`)
  if (minimum !== undefined && maximum !== undefined && minimum > maximum)
    refuse('minimum', `The minimum of ${name} is above its maximum.`)
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength)
    refuse('minLength', `The minLength of ${name} is above its maxLength.`)
  const refuseValue = (key: string, what: string, value: string, checked: ParameterSpec): void => {
    const problem = problemOf(checked, value)
    if (problem !== undefined) refuse(key, `${what} of ${name} is not allowed: ${problem}`)
  }
  if (declared.default !== undefined) refuseValue('default', 'The default', declared.default, declared)
  const { enum: choices = [], ...free } = declared
  for (const choice of choices)
    refuseValue('enum', `The choice "${choice.slice(0, 60)}"`, choice, { ...free, required: false })
}
