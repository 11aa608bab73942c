import { z } from 'zod'
import { company, email, personName } from '../accounts/model.ts'

const shortestPassword = 8
/** Long enough for any phrase, short enough that hashing it is not an attack. */
const longestPassword = 128

const newPassword = z
  .string()
  .refine((text) => [...text].length >= shortestPassword, `is shorter than ${shortestPassword} characters`)
  .refine((text) => [...text].length <= longestPassword, `is longer than ${longestPassword} characters`)
  .meta({ override: { type: 'string', format: 'password', minLength: shortestPassword, maxLength: longestPassword } })
/** As it may have been chosen under earlier rules. */
const anyPassword = z
  .string()
  .min(1)
  .max(1000)
  .meta({ override: { format: 'password' } })

const delivery = z.enum(['body', 'cookie']).meta({
  description: 'Browsers leave the refresh token in a cookie that no script reads; programs ask for it in the body.',
})

export const registration = z
  .object({ email, password: newPassword, name: personName, company: company.exactOptional() })
  .meta({ id: 'Registration' })
export const registered = z
  .object({
    user: z.object({ email: z.string(), name: z.string() }),
    organization: z.object({ name: z.string() }),
  })
  .meta({ id: 'Registered' })

export const credentials = z
  .object({ email, password: anyPassword, tokenDelivery: delivery.default('cookie') })
  .meta({ id: 'LoginRequest' })
export const refreshRequest = z
  .object({
    refreshToken: z.string().max(200).exactOptional().meta({ description: 'Absent: the one in the cookie.' }),
  })
  .meta({ id: 'RefreshRequest' })

export const tokens = z
  .object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().meta({ description: 'Seconds that the access token lasts.' }),
    refreshToken: z.string().optional().meta({ description: 'Where it was asked for in the body.' }),
  })
  .meta({ id: 'Tokens' })

export const jwks = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        kid: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  })
  .meta({ id: 'JsonWebKeySet' })
