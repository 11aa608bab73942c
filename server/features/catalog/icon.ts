import { createHash } from 'node:crypto'
import { z } from 'zod'
import { cleanSvg } from './svg.ts'

/**
 * What stands for a service or a category: an SVG of the harmless kind, or up to three letters on a colour. Without
 * either the letters come from the name, so that everything has an icon.
 */

const largestSvg = 16_384
const longestMonogram = 3
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const lengthOf = (text: string): number => [...graphemes.segment(text)].length

const svg = z
  .string()
  .max(largestSvg)
  .transform((text, context) => {
    const cleaned = cleanSvg(text)
    if (cleaned.ok) return cleaned.svg
    context.issues.push({ code: 'custom', message: cleaned.problem, input: text })
    return z.NEVER
  })
  .meta({
    override: { type: 'string', maxLength: largestSvg },
    description:
      'A drawing of shapes, paths and gradients: no scripts, styles, images, links or references to outside.',
  })

const monogram = z
  .string()
  .trim()
  .min(1)
  .max(20)
  .refine((text) => lengthOf(text) <= longestMonogram, `has more than ${longestMonogram} characters`)
const color = z.string().regex(/^#[0-9a-f]{6}$/, 'is not a colour such as "#336791"')

export const iconSchema = z
  .strictObject({ monogram: monogram.exactOptional(), color: color.exactOptional(), svg: svg.exactOptional() })
  .refine(
    (icon) => (icon.monogram === undefined) !== (icon.svg === undefined) && !(icon.svg && icon.color),
    'is either a monogram, with a color if you like, or an svg',
  )
  .meta({ id: 'Icon', description: 'Up to three letters on a colour, or an SVG drawing.' })
export type Icon = z.output<typeof iconSchema>

/** The same, as it is answered. */
export const iconShown = z
  .object({ monogram: z.string().optional(), color: z.string().optional(), svg: z.string().optional() })
  .meta({ id: 'IconShown' })

/** As it is stored; undefined for none, and for what an older version of Berth stored otherwise. */
export const readIcon = (stored: unknown): Icon | undefined => iconSchema.safeParse(stored).data

type Named = { name: string; slug: string; icon: unknown }

/** The picture of a service or category, as an SVG document. */
export function drawIcon({ name, slug, icon: stored }: Named): string {
  const icon = readIcon(stored)
  if (icon?.svg !== undefined) return icon.svg
  const letters = icon?.monogram ?? initialsOf(name)
  return drawMonogram(letters, icon?.color ?? colorOf(slug))
}

/** `Uptime Kuma` → UK, `PostgreSQL` → Po. */
function initialsOf(name: string): string {
  const [first = '?', second] = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return second === undefined ? first.slice(0, 2) : `${first.charAt(0)}${second.charAt(0)}`
}

/** Always the same for the same slug; dark enough for white letters. */
const palette = ['#1f6feb', '#0f766e', '#7c3aed', '#b45309', '#be185d', '#15803d', '#4338ca', '#b91c1c'] as const
const colorOf = (slug: string): string =>
  palette[(createHash('sha256').update(slug).digest()[0] ?? 0) % palette.length] ?? palette[0]

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? '')

const drawMonogram = (letters: string, fill: string): string =>
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">' +
  `<rect width="64" height="64" rx="14" fill="${fill}"/>` +
  `<text x="32" y="32" dy="0.35em" text-anchor="middle" font-family="system-ui, sans-serif" font-weight="600" ` +
  `font-size="${lengthOf(letters) > 2 ? 22 : 28}" fill="#ffffff">${escaped(letters)}</text></svg>`
