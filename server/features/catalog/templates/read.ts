import { createHash } from 'node:crypto'
import { unprocessable } from '../../../lib/errors.ts'
import type { Diagnostic, ParseResult } from '../../../workload/diagnostic.ts'

/** The parser is loaded when the first template is read: most processes never read one. */
export async function readTemplate(source: string, file?: string): Promise<ParseResult> {
  const { parseTemplate } = await import('../../../workload/compose/parse.ts')
  return parseTemplate(source, file === undefined ? {} : { file })
}

export type AcceptedTemplate = Extract<ParseResult, { ok: true }>

/** Throws `unprocessable` TEMPLATE_REFUSED with everything that is wrong: where, why, and the way out. */
export async function acceptTemplate(source: string): Promise<AcceptedTemplate> {
  const result = await readTemplate(source)
  if (result.ok) return result
  const { refusals, warnings } = result
  const [first] = refusals
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : ''
  throw unprocessable('TEMPLATE_REFUSED', `The template is refused: ${first ? sentence(first) : ''}${more}`, {
    fields: refusals.slice(0, 100).map((refusal) => ({ pointer: '/template', detail: sentence(refusal) })),
    extensions: { refusals, warnings },
  })
}

const sentence = ({ line, message }: Pick<Diagnostic, 'line' | 'message'>): string => `line ${line}: ${message}`

export const fingerprintOf = (source: string): string => createHash('sha256').update(source).digest('hex')
