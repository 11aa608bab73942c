import { z } from 'zod'
import { time } from '../../../http/schemas.ts'

/** What the API takes and shows of second factors. */

const longestTyped = 40
/** Spaces are how apps show it. */
const code = z
  .string()
  .max(longestTyped)
  .transform((text) => text.replaceAll(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'is not a code of six digits'))
  .meta({ override: { type: 'string', pattern: '^\\d{6}$' }, examples: ['123456'] })
const recoveryCode = z.string().min(1).max(longestTyped)

/** One of them where a second factor is set up. */
export const factorProof = {
  code: code.exactOptional().meta({ description: 'Of the authenticator app.' }),
  recoveryCode: recoveryCode.exactOptional().meta({ description: 'For who lost it; works once.' }),
}

/** Where neither is sent, and one is needed. */
export const proofMissing = 'is missing: send a code of your authenticator app, or a recoveryCode'

export const confirmation = z.object({ code }).meta({ id: 'TwoFactorConfirmation' })

export const twoFactorStatus = z
  .object({
    enabled: z.boolean(),
    enabledAt: time.nullable(),
    recoveryCodesLeft: z.int(),
    required: z.boolean().meta({ description: 'Whether your role needs one.' }),
  })
  .meta({ id: 'TwoFactor' })

export const enrolment = z
  .object({
    secret: z.string().meta({ description: 'In base32, to be typed into the app.' }),
    uri: z.string().meta({ description: 'otpauth://, as apps open it.' }),
    qrCode: z.string().meta({ description: 'The same as a QR code, in SVG.' }),
  })
  .meta({ id: 'TwoFactorEnrolment' })

export const recoveryCodes = z
  .object({ recoveryCodes: z.array(z.string()).meta({ description: 'Shown this once.' }) })
  .meta({ id: 'RecoveryCodes' })
