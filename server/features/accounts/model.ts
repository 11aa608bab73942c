import { z } from 'zod'
import { UserRole } from '../../db/generated/enums.ts'
import { idParam, oneLine, time } from '../../http/schemas.ts'

/** What the API says of users, and what it takes. */

/** RFC 2606: nobody can ever receive mail there. */
export const deletedDomain = 'deleted.invalid'
/** Deleted users are given addresses there: who took one before would keep an administrator from deleting its user. */
const isKept = (address: string) => address.toLowerCase().endsWith(`@${deletedDomain}`)

export const email = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email('is not an e-mail address'))
  .refine((address) => !isKept(address), `is of ${deletedDomain}, which is kept for deleted users`)
  .meta({ override: { type: 'string', format: 'email', maxLength: 254 }, examples: ['ada@example.org'] })

export const personName = oneLine(100)
export const company = oneLine(100)

/** A BCP 47 tag that the runtime knows how to write dates and money in. */
const locale = z
  .string()
  .max(35)
  .refine(isLocale, 'is not a language tag such as "en" or "de-AT"')
  .meta({ examples: ['en'] })
const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'is not a time zone such as "UTC" or "Europe/Vienna"')
  .meta({ examples: ['Europe/Vienna'] })

function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** The roles, from the schema of the database: the one place that has them. */
export const userRole = z.enum(UserRole)

export const profile = z
  .object({
    id: idParam('user'),
    email: z.string(),
    emailVerified: z.boolean().meta({ description: 'Whether somebody followed a link that was mailed there.' }),
    name: z.string(),
    company: z.string().nullable(),
    phone: z.string().nullable(),
    locale: z.string(),
    timeZone: z.string(),
    role: userRole,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Profile' })

/** A user's row as the profile shows it. */
export const profileOf = <Row extends { emailVerifiedAt: Date | null }>(user: Row) => ({
  ...user,
  emailVerified: user.emailVerifiedAt !== null,
})

/** JSON merge patch (RFC 7396): what is absent stays, null empties. */
export const profilePatch = z
  .object({
    name: personName.exactOptional(),
    company: company.nullable().exactOptional(),
    phone: z
      .string()
      .trim()
      .regex(/^\+?[0-9 ()./-]{3,30}$/, 'is not a telephone number')
      .nullable()
      .exactOptional(),
    locale: locale.exactOptional(),
    timeZone: timeZone.exactOptional(),
  })
  .meta({ id: 'ProfilePatch' })

const owned = z.object({
  id: idParam('subscription'),
  name: z.string(),
  retainUntil: time.nullable().meta({ description: 'When the data of a canceled one is destroyed.' }),
})
export const deactivationPreview = z
  .object({
    possible: z.boolean(),
    running: z.array(owned).meta({ description: 'To be canceled first.' }),
    kept: z.array(owned).meta({ description: 'Canceled: they go their way.' }),
  })
  .meta({ id: 'DeactivationPreview' })

/** A member for each part; described by what stands in it. */
export const exportedData = z.looseObject({ exportedAt: time, profile: z.looseObject({}) }).meta({ id: 'DataExport' })
