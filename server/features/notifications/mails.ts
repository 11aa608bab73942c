import { z } from 'zod'

/**
 * Every mail that Berth sends, by what it tells, with what it is rendered from. Links hold secrets: this data is sealed
 * where it is stored, and never logged.
 */

const link = z.url()
const device = { ipAddress: z.string(), device: z.string(), at: z.iso.datetime() }

const mailSchemas = {
  /** The address belongs to whoever follows the link. */
  'verify-email': z.object({ link, expiresAt: z.iso.datetime() }),
  /** Somebody registered with an address that has an account: its owner learns of it, the one who asked does not. */
  'already-registered': z.object({ loginLink: link, resetLink: link }),
  welcome: z.object({ link }),
  'reset-password': z.object({ link, expiresAt: z.iso.datetime(), ipAddress: z.string() }),
  'password-changed': z.object(device),
  /** To the new address, which confirms it. */
  'confirm-new-email': z.object({ link, expiresAt: z.iso.datetime() }),
  /** To the old address, when the change was asked for, and when it was done. */
  'email-change-requested': z.object({ newEmail: z.string(), ...device }),
  'email-changed': z.object({ newEmail: z.string(), ...device }),
  'new-device': z.object(device),
  /** Within the hour before: how often a wrong password or code came, and from how many addresses. */
  'sign-ins-refused': z.object({ passwords: z.int(), codes: z.int(), addresses: z.int(), at: z.iso.datetime() }),
  /** A refresh token was used twice: the sign-in was ended, because somebody else may have it. */
  'token-reused': z.object(device),
  'two-factor-enabled': z.object(device),
  'two-factor-disabled': z.object(device),
  'recovery-code-used': z.object({ left: z.int(), ...device }),
  'recovery-codes-renewed': z.object(device),
  'access-token-created': z.object({ name: z.string(), ...device }),
  invitation: z.object({ link, expiresAt: z.iso.datetime(), invitedBy: z.string() }),
  deactivated: z.object({ by: z.enum(['SELF', 'ADMINISTRATOR']), at: z.iso.datetime() }),
  reactivated: z.object({ link }),
} as const satisfies Record<string, z.ZodType>

export type MailKind = keyof typeof mailSchemas
export type MailData<Kind extends MailKind> = z.output<(typeof mailSchemas)[Kind]>
/** One mail, before anybody knows to whom. */
export type Mail<Kind extends MailKind = MailKind> = { [One in Kind]: { kind: One; data: MailData<One> } }[Kind]

export const mailKinds = Object.keys(mailSchemas) as [MailKind, ...MailKind[]]

/** Reads what a row holds. Throws where the kind is not known (any more), or the data is not of it. */
export function parseMail(kind: string, json: string): Mail {
  const known = mailKinds.find((one) => one === kind)
  if (known === undefined) throw new Error(`no mail is called "${kind}"`)
  // The schema of that very kind has checked the data, which the compiler cannot follow through the lookup.
  return { kind: known, data: mailSchemas[known].parse(JSON.parse(json)) } as Mail
}
