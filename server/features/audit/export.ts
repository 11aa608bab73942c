import { csvLine } from '../../lib/csv.ts'
import type { FoundEvent } from './find-events.ts'
import { auditModel } from './model.ts'

/** The trail as a file, a line for each entry. */

export const auditFormats = ['ndjson', 'csv'] as const
export type AuditFormat = (typeof auditFormats)[number]

const header = [
  'id',
  'createdAt',
  'actorId',
  'actorName',
  'organizationId',
  'action',
  'targetType',
  'targetId',
  'result',
  'ipAddress',
  'userAgent',
  'requestId',
  'before',
  'after',
] as const

type Encode = (event: ReturnType<typeof auditModel>) => Record<string, unknown>
export type AuditFile = { mediaType: string; fileName: string; header: string; line(event: FoundEvent): string }

/** `encode` writes an entry as the API does: ids with their prefixes, times as text. */
export function auditFile(format: AuditFormat, encode: Encode): AuditFile {
  const name = (extension: string) => `audit.${extension}`
  if (format === 'ndjson')
    return {
      mediaType: 'application/x-ndjson',
      fileName: name('ndjson'),
      header: '',
      line: (event) => `${JSON.stringify(encode(auditModel(event)))}\n`,
    }
  return {
    mediaType: 'text/csv; charset=utf-8',
    fileName: name('csv'),
    header: csvLine(header),
    line(event) {
      const entry = encode(auditModel(event))
      return csvLine(header.map((column) => cellOf(entry[column])))
    },
  }
}

const cellOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value)
