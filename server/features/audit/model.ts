import { z } from 'zod'
import type { Caller } from '../../http/route.ts'
import { idParam, time } from '../../http/schemas.ts'
import { encodeId, idPrefixes, isEncodedId, type IdKind } from '../../lib/ids.ts'
import type { FoundEvent } from './find-events.ts'

/** Entries of the audit trail, as administrators see them and as everybody sees their own. */

const result = z.enum(['SUCCEEDED', 'REFUSED', 'FAILED'])
const values = z.record(z.string(), z.unknown()).nullable()
const common = {
  id: idParam('audit'),
  action: z.string().meta({ examples: ['subscription.cancel'] }),
  targetType: z.string(),
  targetId: z.string().nullable().meta({ description: 'With its prefix, where the type has one.' }),
  before: values.meta({ description: 'What the change replaced; never a secret.' }),
  after: values,
  result,
  createdAt: time,
}

export const auditEntry = z
  .object({
    ...common,
    actorId: idParam('user').nullable().meta({ description: 'Null: nobody was signed in, or Berth itself acted.' }),
    actorName: z.string().nullable(),
    organizationId: idParam('organization').nullable(),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })

export const ownAuditEntry = z
  .object({
    ...common,
    actor: z.enum(['YOU', 'ANOTHER', 'BERTH', 'UNKNOWN']).meta({
      description:
        'UNKNOWN: a request that nobody was signed in for, such as a failed login. ANOTHER: an administrator, or a member of your organization.',
    }),
    ipAddress: z.string().nullable().meta({ description: "Null where it is another person's." }),
    userAgent: z.string().nullable(),
  })
  .meta({ id: 'OwnAuditEntry' })

const action = z
  .string()
  .max(100)
  .regex(/^[a-z.-]+$/, 'is not the beginning of an action, such as "user." or "user.delete"')
const moment = (description: string) => time.optional().meta({ description })

export const ownFilter = {
  action: action.optional().meta({ description: 'How the action begins.', examples: ['auth.'] }),
  from: moment('Then or later.'),
  to: moment('Before then.'),
}

export const auditFilter = {
  ...ownFilter,
  q: z.string().trim().min(1).max(100).optional().meta({ description: 'A part of the action.' }),
  actor: idParam('user').optional(),
  organization: idParam('organization').optional(),
  targetType: z.string().min(1).max(60).optional(),
  target: z
    .string()
    .refine((text) => plainId(text) !== undefined, 'is neither a prefixed id nor a UUID')
    .optional()
    .meta({
      override: { type: 'string' },
      description: 'The id of what was changed, as any part of the API shows it.',
    }),
  request: z.string().min(1).max(64).optional().meta({ description: 'The request id, as problems and logs have it.' }),
  result: result.optional(),
}

const uuid = z.uuid()
const kinds = Object.keys(idPrefixes) as IdKind[]

/** The UUID in an id of whatever kind. */
export function plainId(text: string): string | undefined {
  if (uuid.safeParse(text).success) return text
  const kind = kinds.find((one) => isEncodedId(one, text))
  return kind && text.slice(idPrefixes[kind].length + 1)
}

const isKind = (text: string): text is IdKind => Object.hasOwn(idPrefixes, text)
const shownId = (type: string, id: string | null): string | null =>
  id !== null && isKind(type) ? encodeId(type, id) : id

const objectOf = (value: unknown) => (value === null ? null : (value as Record<string, unknown>))

export const auditModel = (event: FoundEvent) => ({
  ...event,
  targetId: shownId(event.targetType, event.targetId),
  before: objectOf(event.before),
  after: objectOf(event.after),
})

type Actor = 'YOU' | 'ANOTHER' | 'BERTH' | 'UNKNOWN'
const actorOf = ({ actorId, requestId }: FoundEvent, userId: string): Actor => {
  if (actorId !== null) return actorId === userId ? 'YOU' : 'ANOTHER'
  return requestId === null ? 'BERTH' : 'UNKNOWN'
}

/** Whose address and device it was is told to themselves alone; of who failed to be them, to them. */
export function ownAuditModel(event: FoundEvent, { userId }: Pick<Caller, 'userId'>) {
  const actor = actorOf(event, userId)
  const shown = actor !== 'ANOTHER'
  return {
    ...auditModel(event),
    actor,
    ipAddress: shown ? event.ipAddress : null,
    userAgent: shown ? event.userAgent : null,
  }
}
