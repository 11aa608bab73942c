import type { Mail, MailData, MailKind } from './mails.ts'

/** For tests: the ids of mails, and one of each kind with everything that people typed hostile. */

/** The id of a mail that was written and not left out. */
export function idOf(written: string | undefined): string {
  if (written === undefined) throw new Error('the mail was left out')
  return written
}

export const hostile = '<img src=x onerror=alert(1)>"\'&\r\nBcc: victim@example.org'
const link = 'https://berth.test/verify-email#token=secret-token-1234567890'
const at = '2026-03-01T12:30:00.000Z'
const expiresAt = '2099-03-02T12:30:00.000Z'
const device = { ipAddress: '203.0.113.9', device: hostile, at }

const data: { readonly [Kind in MailKind]: MailData<Kind> } = {
  'verify-email': { link, expiresAt },
  'already-registered': { loginLink: 'https://berth.test/login', resetLink: link },
  welcome: { link },
  'reset-password': { link, expiresAt, ipAddress: hostile },
  'password-changed': device,
  'confirm-new-email': { link, expiresAt },
  'email-change-requested': { newEmail: hostile, ...device },
  'email-changed': { newEmail: hostile, ...device },
  'new-device': device,
  'sign-ins-refused': { passwords: 12, codes: 3, addresses: 2, at },
  'token-reused': device,
  'two-factor-enabled': device,
  'two-factor-disabled': device,
  'recovery-code-used': { left: 1, ...device },
  'recovery-codes-renewed': device,
  'access-token-created': { name: hostile, ...device },
  invitation: { link, expiresAt, invitedBy: hostile },
  deactivated: { by: 'ADMINISTRATOR', at },
  reactivated: { link },
}

export const sampleMails = Object.entries(data).map(([kind, given]) => ({ kind, data: given })) as Mail[]
export const sampleLink = link
