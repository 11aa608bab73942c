import type { Block, MailContent } from '../../mail/frame.ts'
import type { MailData } from './mails.ts'
import { momentFor, type Reader } from './reader.ts'

/** What mails say of something that was done to an account, so that its owner learns of it who did not do it. */

type Device = MailData<'new-device'>

export const passwordChanged = (data: MailData<'password-changed'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'Your password was changed',
    told: 'The password of your account was changed, and other sign-ins were ended.',
  })

/** To the old address, which is the one that can still object. */
export const emailChangeRequested = (data: MailData<'email-change-requested'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'Your e-mail address is about to change',
    told: 'A change of your e-mail address was asked for. It happens when the new address is confirmed.',
    facts: [['New address', data.newEmail]],
  })

export const emailChanged = (data: MailData<'email-changed'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'Your e-mail address was changed',
    told: 'From now on your account uses another e-mail address.',
    facts: [['New address', data.newEmail]],
    otherwise: 'If it was not you, write to the administrator at once: the new address can choose a new password.',
  })

export const newDevice = (data: MailData<'new-device'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'A new sign-in to your account',
    told: 'Your account was signed in to from a device that it did not know.',
  })

/** Who is asked for a code has given the password: then that is what must change. */
export function signInsRefused(data: MailData<'sign-ins-refused'>, reader: Reader): MailContent {
  const { passwords, codes, addresses, at } = data
  const told =
    codes > 0
      ? 'Somebody gave the right password of your account, and wrong codes of your second factor.'
      : 'Somebody tries passwords at your account. Those that are counted here were wrong.'
  return {
    subject: 'Somebody tries to sign in to your account',
    preview: told,
    heading: 'Somebody tries to sign in to your account',
    blocks: [
      { paragraph: told },
      {
        facts: [
          ['Passwords', `${passwords} wrong within an hour`],
          ...(codes > 0 ? ([['Codes', `${codes} wrong within an hour`]] as const) : []),
          ['Addresses', String(addresses)],
          ['Until', momentFor(reader, at)],
        ],
      },
      { note: 'If it was you, there is nothing to do.' },
      {
        note:
          codes > 0
            ? ifNotYou
            : 'If it was not you, make sure that the password is used nowhere else, and set up a second factor.',
      },
    ],
    reason: safetyReason(reader),
  }
}

export const tokenReused = (data: MailData<'token-reused'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'A sign-in was ended for your safety',
    told: 'A sign-in of yours was used in a way that happens when it was copied. It was ended; log in again.',
    otherwise: 'If this happens more than once, change your password, and look at your devices for what could copy it.',
  })

export const twoFactorEnabled = (data: MailData<'two-factor-enabled'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'Two-factor authentication is on',
    told: 'From now on a sign-in needs a code of your app too. Keep your recovery codes where you find them.',
  })

export const twoFactorDisabled = (data: MailData<'two-factor-disabled'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'Two-factor authentication is off',
    told: 'From now on your password alone is enough to sign in.',
  })

export const recoveryCodeUsed = (data: MailData<'recovery-code-used'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'A recovery code was used',
    told: `A recovery code was used in place of a code of your app. ${codesLeft(data.left)}`,
  })

export const recoveryCodesRenewed = (data: MailData<'recovery-codes-renewed'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'You have new recovery codes',
    told: 'New recovery codes were made for your account. The earlier ones work no more.',
  })

export const accessTokenCreated = (data: MailData<'access-token-created'>, reader: Reader): MailContent =>
  warning(reader, data, {
    subject: 'An access token was created',
    told: 'A program can now use your account with an access token.',
    facts: [['Token', data.name]],
    otherwise: 'If it was not you, revoke it, change your password, and sign out everywhere.',
  })

const codesLeft = (left: number): string => {
  if (left === 0) return 'It was the last one: make new ones now.'
  return left === 1 ? 'One is left: make new ones.' : `${left} are left.`
}

type Warning = {
  subject: string
  told: string
  facts?: readonly (readonly [string, string])[]
  otherwise?: string
}

const ifNotYou = 'If it was not you, choose a new password at once, and sign out everywhere.'

function warning(
  reader: Reader,
  { at, ipAddress, device }: Device,
  { subject, told, facts = [], otherwise = ifNotYou }: Warning,
): MailContent {
  const isConfirmed = reader.name !== undefined
  const when = ['When', momentFor(reader, at)] as const
  const where = ['Address', ipAddress] as const
  const blocks: Block[] = [
    ...(isConfirmed ? [{ paragraph: `Hello ${reader.name},` }] : []),
    { paragraph: told },
    // What a program calls itself is typed by somebody too, as names are: it goes to confirmed addresses alone.
    { facts: isConfirmed ? [...facts, when, ['Device', device], where] : [when, where] },
    { note: 'If it was you, there is nothing to do.' },
    { note: otherwise },
  ]
  return { subject, preview: told, heading: subject, blocks, reason: safetyReason(reader) }
}

const safetyReason = ({ site }: Reader): string =>
  `You have an account at ${site}. Mails about its safety cannot be turned off.`
