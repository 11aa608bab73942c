import { z } from 'zod'
import type { AccessToken } from '../../db/generated/client.ts'
import { pageOf } from '../../http/page.ts'
import { idParam, oneLine, time } from '../../http/schemas.ts'
import { isScope, scopeNames, scopes } from '../../http/scopes.ts'

/** What the API says of personal access tokens, and what it takes. */

const defaultDays = 90
const longestDays = 365

const scope = z.enum(scopeNames).meta({
  id: 'Scope',
  description: Object.entries(scopes)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}.`)
    .join(' '),
})

export const newTokenSchema = z
  .object({
    name: oneLine(100).meta({ description: 'What it is for.', examples: ['Deploy from CI'] }),
    scopes: z
      .array(scope)
      .min(1)
      .max(scopeNames.length)
      .refine((given) => new Set(given).size === given.length, 'names a scope twice')
      .meta({ description: 'What it may do, and nothing else.' }),
    expiresInDays: z
      .int()
      .min(1)
      .max(longestDays)
      .default(defaultDays)
      .meta({ description: 'No token lasts for ever: what is forgotten must end.' }),
  })
  .meta({ id: 'NewAccessToken' })

export const tokenSchema = z
  .object({
    id: idParam('accessToken'),
    name: z.string(),
    hint: z.string().meta({ description: 'How it begins.', examples: ['berth_pat_x7Kq…'] }),
    scopes: z.array(scope),
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: 'To the minute.' }),
    lastIpAddress: z.string().nullable(),
    createdAt: time,
  })
  .meta({ id: 'AccessToken' })

export const tokenPage = pageOf(tokenSchema)

export const madeTokenSchema = tokenSchema
  .extend({ token: z.string().meta({ description: 'Keep it now: it is not shown again.' }) })
  .meta({ id: 'MadeAccessToken' })

/** Without scopes that were given up since: they do nothing. */
export const tokenModel = <Row extends AccessToken>(row: Row) => ({ ...row, scopes: row.scopes.filter(isScope) })
