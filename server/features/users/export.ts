import type { User } from '../../db/generated/client.ts'
import { csvLine } from '../../lib/csv.ts'
import { encodeId } from '../../lib/ids.ts'

/** Users as a file: what the API shows of them, and no secret. */

export const exportFormats = ['json', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]
export type ExportFile = { fileName: string; mediaType: string; content: string }

const shown = (user: User) => ({
  id: encodeId('user', user.id),
  email: user.email,
  name: user.name,
  company: user.company,
  phone: user.phone,
  locale: user.locale,
  timeZone: user.timeZone,
  role: user.role,
  status: user.status,
  emailVerifiedAt: user.emailVerifiedAt,
  lastSeenAt: user.lastSeenAt,
  invitedAt: user.invitedAt,
  deactivatedAt: user.deactivatedAt,
  deletedAt: user.deletedAt,
  createdAt: user.createdAt,
  updatedAt: user.updatedAt,
})
type Shown = ReturnType<typeof shown>

const header = [
  'id',
  'email',
  'name',
  'company',
  'phone',
  'locale',
  'timeZone',
  'role',
  'status',
  'emailVerifiedAt',
  'lastSeenAt',
  'invitedAt',
  'deactivatedAt',
  'deletedAt',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof Shown)[]

export function exportUsers(users: readonly User[], format: ExportFormat): ExportFile {
  const rows = users.map(shown)
  if (format === 'json')
    return { fileName: 'users.json', mediaType: 'application/json', content: JSON.stringify(rows, null, 2) }
  const lines = [csvLine(header), ...rows.map((row) => csvLine(header.map((column) => row[column])))]
  return { fileName: 'users.csv', mediaType: 'text/csv; charset=utf-8', content: lines.join('') }
}
