import { z } from 'zod'
import { MembershipRole, UserStatus } from '../../db/generated/enums.ts'
import { email, company, personName, profilePatch, userRole } from '../accounts/model.ts'
import { idParam, time } from '../../http/schemas.ts'
import { exportFormats } from './export.ts'
import { bulkActions, type BulkOutcome } from './bulk.ts'
import { sorts } from './find-users.ts'

/** Users as administrators see them. */

export const userSummary = z
  .object({
    id: idParam('user'),
    email: z.string(),
    name: z.string(),
    company: z.string().nullable(),
    phone: z.string().nullable(),
    locale: z.string(),
    timeZone: z.string(),
    role: userRole,
    status: z.enum(UserStatus),
    emailVerifiedAt: time.nullable().meta({ description: 'Null: the address is not confirmed.' }),
    lastSeenAt: time.nullable(),
    invitedAt: time.nullable().meta({ description: 'When the invitation was last sent; null for who registered.' }),
    deactivatedAt: time.nullable(),
    deactivatedBy: z.enum(['SELF', 'ADMINISTRATOR']).nullable(),
    deletedAt: time.nullable().meta({ description: 'Since then nothing is left that says who it was.' }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'UserSummary' })

export const userDetails = userSummary
  .extend({
    invitationPending: z.boolean().meta({ description: 'Nobody has chosen a password yet.' }),
    twoFactor: z.boolean().meta({ description: 'Signs in with a second factor.' }),
    openSessions: z.int(),
    liveSubscriptions: z
      .int()
      .meta({ description: 'Of the organizations that they own; while there are any, they stay.' }),
    organizations: z.array(z.object({ id: idParam('organization'), name: z.string(), role: z.enum(MembershipRole) })),
  })
  .meta({ id: 'User' })

/** Times in a query string. */
const moment = (description: string) => time.optional().meta({ description })
const yesOrNo = z.enum(['true', 'false']).transform((text) => text === 'true')

export const userFilter = {
  q: z.string().trim().min(1).max(100).optional().meta({
    description:
      'Parts of the name or the address, all of which must be there. One or two letters: how a word of the name, or the address, begins.',
  }),
  role: userRole.optional(),
  status: z
    .enum(['ACTIVE', 'DEACTIVATED', 'DELETED'])
    .optional()
    .meta({ description: 'Deleted ones only when asked for.' }),
  verified: yesOrNo.optional().meta({ override: { type: 'boolean' } }),
  hasSubscriptions: yesOrNo.optional().meta({
    override: { type: 'boolean' },
    description: 'Whether an organization that they own has one that lives.',
  }),
  createdFrom: moment('Registered then or later.'),
  createdTo: moment('Registered before then.'),
  lastSeenFrom: moment('Seen then or later.'),
  lastSeenTo: moment('Seen before then the last time, or never.'),
  sort: z.enum(sorts).default('-created'),
}

export const newUser = z
  .object({
    email,
    name: personName,
    company: company.exactOptional(),
    role: userRole.default('USER'),
    locale: profilePatch.shape.locale,
    timeZone: profilePatch.shape.timeZone,
  })
  .meta({ id: 'NewUser' })

/** JSON merge patch. Another address is unconfirmed until its owner confirms it, or `emailVerified` says that it is known. */
export const userPatch = profilePatch
  .extend({
    email: email.exactOptional(),
    emailVerified: z.boolean().exactOptional(),
  })
  .meta({ id: 'UserPatch' })

export const sessionOfUser = z
  .object({
    id: idParam('session'),
    userAgent: z.string().nullable(),
    ipAddress: z.string().nullable(),
    createdAt: time,
    lastUsedAt: time,
    expiresAt: time.meta({ description: 'Unless it is used before.' }),
  })
  .meta({ id: 'SessionOfUser' })

const longestBulk = 100

export const bulkRequest = z
  .object({
    action: z.enum(bulkActions),
    ids: z.array(idParam('user')).min(1).max(longestBulk),
    role: userRole.exactOptional().meta({ description: 'For the action "role".' }),
    format: z.enum(exportFormats).exactOptional().meta({ description: 'For the action "export"; json unless told.' }),
  })
  .meta({ id: 'BulkUserRequest' })

const outcomes = ['DONE', 'UNCHANGED', 'REFUSED'] as const satisfies readonly BulkOutcome[]

export const bulkResult = z
  .object({
    results: z.array(
      z.object({
        id: idParam('user'),
        outcome: z.enum(outcomes),
        code: z.string().optional().meta({ description: 'Of the problem, where it was refused.' }),
        detail: z.string().optional(),
      }),
    ),
    export: z
      .object({ fileName: z.string(), mediaType: z.string(), content: z.string() })
      .optional()
      .meta({ description: 'For the action "export".' }),
  })
  .meta({ id: 'BulkUserResult' })

const count = z.int()
export const userStatistics = z
  .object({
    total: count,
    byRole: z.object({ USER: count, ADMINISTRATOR: count }),
    byStatus: z.object({ ACTIVE: count, DEACTIVATED: count }),
    deleted: count.meta({ description: 'Not in any of the others.' }),
    verified: count,
    verifiedShare: z.number().min(0).max(1),
    activeIn7Days: count.meta({ description: 'Seen, to the hour.' }),
    activeIn30Days: count,
    signUps: z.array(z.object({ date: z.iso.date(), count })).meta({ description: 'Each day of the range.' }),
  })
  .meta({ id: 'UserStatistics' })
