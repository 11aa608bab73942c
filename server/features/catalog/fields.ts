import { z } from 'zod'
import { oneLine } from '../../http/schemas.ts'
import { currencyDecimals } from '../../lib/money.ts'

/** What several parts of the catalog ask for in the same words. */

/** Stands in addresses, so it never changes. */
export const slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'is not lower-case letters and digits with single hyphens between them')
  .meta({ examples: ['postgres'] })
export const name = oneLine(100)
export const tagline = z.string().trim().max(200)

/** Stored and answered as it was written. */
export const markdown = z.string().max(20_000).meta({
  description:
    'Markdown (CommonMark), answered as it was written: whoever renders it must sanitise the result, because HTML is part of Markdown.',
})

const tag = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(40)
  .regex(/^[^,]*$/, 'has a comma')
export const tags = z
  .array(tag)
  .max(20)
  .transform(withoutDoubles)
  .meta({
    override: { type: 'array', maxItems: 20, items: { type: 'string', maxLength: 40 } },
    description: 'In lower case; doubles count once.',
  })
function withoutDoubles(given: string[]): string[] {
  return [...new Set(given)]
}

export const webAddress = z.url({ protocol: /^https?$/, error: 'is not an http or https address' }).max(500)
export const links = z
  .array(z.strictObject({ title: oneLine(60), url: webAddress }))
  .max(10)
  .meta({ description: 'Shown beside the description, in this order.' })
export type Link = z.output<typeof links>[number]

/** As they are stored. */
export const readLinks = (stored: unknown): Link[] => links.safeParse(stored).data ?? []

export const currency = z
  .string()
  .refine((code) => currencyDecimals(code) !== undefined, 'is not a currency of ISO 4217')
  .meta({ examples: ['EUR'] })

export const position = z.int().min(0).max(100_000).meta({ description: 'Smaller ones come first; then by name.' })

/** The text of a Compose document. */
export const template = z
  .string()
  .min(1)
  .max(900_000)
  .meta({ description: 'A Compose document with an optional x-berth block.', examples: ['services: …'] })
