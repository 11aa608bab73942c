import { z } from 'zod'
import { encodeId, idPrefixes, isEncodedId, type IdKind } from '../lib/ids.ts'

/**
 * The codecs between what a handler works with and what is written in JSON: plain UUIDs and prefixed ids, Dates and
 * RFC 3339 texts, bigints and numbers. Each serves requests (decoded) and answers (encoded) alike.
 */

/** `sub_0190…` outside, the plain UUID inside. */
export const idParam = (kind: IdKind) => {
  const prefix = idPrefixes[kind]
  const described = { type: 'string' as const, pattern: `^${prefix}_[0-9a-f-]{36}$`, examples: [exampleId(prefix)] }
  return z
    .codec(z.string(), z.string(), {
      decode: (text, context) => {
        if (isEncodedId(kind, text)) return text.slice(prefix.length + 1).toLowerCase()
        context.issues.push({
          code: 'custom',
          message: `is not the id of ${withArticle(kind)}: it starts with ${prefix}_`,
          input: text,
        })
        return z.NEVER
      },
      encode: (id) => encodeId(kind, id),
    })
    .meta({ override: described, description: `The id of ${withArticle(kind)}.` })
}
/** accessToken → an access token. */
function withArticle(kind: IdKind): string {
  const words = kind === 'audit' ? 'audit event' : kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${/^[aeio]/.test(words) ? 'an' : 'a'} ${words}`
}
const exampleId = (prefix: string) => `${prefix}_01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10`

/**
 * Line breaks, other control characters, and those that turn what follows around: in a list, a mail or a CSV file, a
 * name with them looks like something else.
 */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/** What people call something: one line, without the spaces around it. */
export const oneLine = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !unseen.test(text), 'must be one line, without characters that cannot be seen')

/** RFC 3339 in UTC with `Z` outside, a Date inside. */
export const time = z
  .codec(z.iso.datetime(), z.date(), {
    decode: (text, context) => {
      const date = new Date(text)
      if (Number.isFinite(date.getTime())) return date
      context.issues.push({ code: 'custom', message: 'is not a time that exists', input: text })
      return z.NEVER
    },
    encode: (date) => date.toISOString(),
  })
  .meta({ override: { type: 'string', format: 'date-time', examples: ['2026-03-01T12:00:00.000Z'] } })

const wholeNumber = (description: string) =>
  z
    .codec(z.int(), z.bigint(), {
      decode: (number) => BigInt(number),
      encode: (integer, context) => {
        const number = Number(integer)
        if (Number.isSafeInteger(number)) return number
        context.issues.push({ code: 'custom', message: 'is beyond 2^53-1', input: integer })
        return z.NEVER
      },
    })
    .meta({ override: { type: 'integer', format: 'int64' }, description })

/** Bytes: a number outside (never beyond 2^53−1), a bigint inside. */
export const bytes = wholeNumber('Bytes.').refine((amount) => amount >= 0n, 'is negative')

/** What an order says of a service's parameters; a value of another form is told all that there are. */
export const orderParameters = z.record(
  z.string().max(100),
  z.union([z.string().max(10_000), z.number(), z.boolean()], {
    error: 'is neither a text of at most 10,000 characters, nor a number, nor true or false',
  }),
)

/** Money in minor units of an ISO 4217 currency. */
export const money = z
  .strictObject({
    amount: wholeNumber('In minor units: 1999 is 19.99 of a currency with two decimals.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'an ISO 4217 code of three capital letters')
      .meta({ examples: ['EUR'] }),
  })
  .meta({ id: 'Money' })

/** Whole numbers in a query string. */
export const queryInteger = (min: number, max: number) =>
  z
    .string()
    .transform((text, context) => {
      const number = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN
      if (number >= min && number <= max) return number
      context.issues.push({ code: 'custom', message: `is not a whole number from ${min} to ${max}`, input: text })
      return z.NEVER
    })
    .meta({ override: { type: 'integer', minimum: min, maximum: max } })

/** The document of RFC 9457 that every failure answers with. */
export const problem = z
  .object({
    type: z.url().meta({ description: 'Stable; leads to a page about this problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'The path that was asked for.' }),
    code: z.string().meta({ description: 'Stable; what programs compare.', examples: ['INVALID_REQUEST'] }),
    requestId: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({
        description:
          'What is wrong where: a JSON pointer into the body, or below /path, /query or /header into the rest of the request.',
      }),
  })
  .meta({ id: 'Problem' })
