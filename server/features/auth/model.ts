import { z } from 'zod'
import { idParam, time } from '../../http/schemas.ts'
import { company, email, personName } from '../accounts/model.ts'
import { factorProof, proofMissing } from './two-factor/model.ts'

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

export const strengthQuestion = z
  .object({
    password: anyPassword,
    email: email.exactOptional(),
    name: personName.exactOptional(),
    company: company.exactOptional(),
  })
  .meta({ id: 'PasswordStrengthRequest' })
export const strengthAnswer = z
  .object({
    strength: z.int().min(0).max(4).meta({ description: '0 is guessed at once, 4 is not guessed.' }),
    acceptable: z.boolean().meta({ description: 'Whether a new account could have it.' }),
    suggestions: z.array(z.string()).meta({ description: 'What is weak about it, and what would be better.' }),
  })
  .meta({ id: 'PasswordStrength' })

/** What stands behind the `#` of a mailed link. */
const mailedToken = z.string().min(1).max(200)
export const addressed = z.object({ email }).meta({ id: 'AddressedRequest' })
export const linkToken = z.object({ token: mailedToken }).meta({ id: 'LinkToken' })
export const passwordReset = z.object({ token: mailedToken, password: newPassword }).meta({ id: 'PasswordReset' })
export const invitationAcceptance = z
  .object({ token: mailedToken, password: newPassword, name: personName.exactOptional() })
  .meta({ id: 'InvitationAcceptance' })

export const session = z
  .object({
    id: idParam('session'),
    device: z.string().meta({ description: 'In words.', examples: ['Firefox on Windows'] }),
    ipAddress: z.string().nullable(),
    createdAt: time,
    lastUsedAt: time,
    idleExpiresAt: time.meta({ description: 'When it ends if it is not used before.' }),
    absoluteExpiresAt: time.meta({ description: 'When it ends at the latest.' }),
    current: z.boolean().meta({ description: 'Whether this request came with it.' }),
  })
  .meta({ id: 'Session' })

export const signingKey = z
  .object({ kid: z.string(), activeFrom: time.meta({ description: 'When it begins to sign.' }) })
  .meta({ id: 'SigningKey' })

/** Once more who one is. */
const identity = { password: anyPassword.meta({ description: 'The present one.' }), ...factorProof }
export const identityProof = z.object(identity).meta({ id: 'IdentityProof' })
export const passwordChange = z.object({ ...identity, newPassword }).meta({ id: 'PasswordChange' })
export const emailChange = z.object({ ...identity, newEmail: email }).meta({ id: 'EmailChange' })

export const secondStep = z
  .object({ challenge: z.string().min(1).max(200), ...factorProof, tokenDelivery: delivery.default('cookie') })
  .refine(({ code, recoveryCode }) => code !== undefined || recoveryCode !== undefined, {
    path: ['code'],
    message: proofMissing,
  })
  .meta({ id: 'TwoFactorLogin' })
