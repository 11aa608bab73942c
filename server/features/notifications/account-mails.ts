import type { MailContent } from '../../mail/frame.ts'
import type { MailData } from './mails.ts'
import { momentFor, type Reader } from './reader.ts'

/** What mails about an account itself say: that it begins, is opened again, changes its address, ends. */

/**
 * Says nothing that the one who registered typed: anybody can enter a stranger's address, and must not be able to write
 * to them through us.
 */
export const verifyEmail = ({ link, expiresAt }: MailData<'verify-email'>, reader: Reader): MailContent => ({
  subject: 'Confirm your e-mail address',
  preview: 'One step is left until your account is ready.',
  heading: 'Confirm your e-mail address',
  blocks: [
    { paragraph: `Somebody, hopefully you, made an account at ${reader.site} with this address.` },
    { button: { label: 'Confirm this address', link } },
    { note: `The link works once, until ${momentFor(reader, expiresAt)}.` },
    { note: 'If it was not you, do nothing: without this step the address is not used.' },
  ],
  reason: `This address was entered to register at ${reader.site}.`,
})

export const alreadyRegistered = (
  { loginLink, resetLink }: MailData<'already-registered'>,
  reader: Reader,
): MailContent => ({
  subject: 'You already have an account',
  preview: 'Somebody tried to register with your address.',
  heading: 'You already have an account',
  blocks: [
    { paragraph: `Somebody tried to register at ${reader.site} with this address, which has an account already.` },
    { paragraph: 'If it was you, log in instead, or choose a new password if you forgot it.' },
    { button: { label: 'Log in', link: loginLink } },
    { button: { label: 'Choose a new password', link: resetLink } },
    { note: 'If it was not you, do nothing. Your account is as it was, and nobody was told that it exists.' },
  ],
  reason: `This address belongs to an account at ${reader.site}.`,
})

export const welcome = ({ link }: MailData<'welcome'>, reader: Reader): MailContent => ({
  subject: 'Welcome to Berth',
  preview: 'Your account is ready.',
  heading: greeting('Welcome', reader),
  blocks: [
    { paragraph: 'Your address is confirmed and your account is ready. Choose a service and a plan, and it runs.' },
    { button: { label: 'Open Berth', link } },
    { note: 'We recommend a second factor: it keeps your account yours even if your password becomes known.' },
  ],
  reason: ownAccount(reader),
})

export const resetPassword = (
  { link, expiresAt, ipAddress }: MailData<'reset-password'>,
  reader: Reader,
): MailContent => ({
  subject: 'Choose a new password',
  preview: 'Somebody asked for a new password of your account.',
  heading: 'Choose a new password',
  blocks: [
    { paragraph: `A new password was asked for your account at ${reader.site}, from the address ${ipAddress}.` },
    { button: { label: 'Choose a new password', link } },
    { note: `The link works once, until ${momentFor(reader, expiresAt)}. A new password signs you out everywhere.` },
    { note: 'If it was not you, do nothing: your password stays as it is.' },
  ],
  reason: ownAccount(reader),
})

export const confirmNewEmail = ({ link, expiresAt }: MailData<'confirm-new-email'>, reader: Reader): MailContent => ({
  subject: 'Confirm your new e-mail address',
  preview: 'Your account moves to this address when you confirm it.',
  heading: 'Confirm your new e-mail address',
  blocks: [
    { paragraph: `An account at ${reader.site} is to use this address from now on.` },
    { button: { label: 'Use this address', link } },
    {
      note: `The link works once, until ${momentFor(reader, expiresAt)}. Until then the account keeps its old address.`,
    },
    { note: 'If you do not know of this, do nothing: the address is not used.' },
  ],
  reason: `This address was entered as the new one of an account at ${reader.site}.`,
})

export const invitation = ({ link, expiresAt, invitedBy }: MailData<'invitation'>, reader: Reader): MailContent => ({
  subject: 'You are invited to Berth',
  preview: `${invitedBy} made an account for you.`,
  heading: 'You are invited',
  blocks: [
    { paragraph: `${invitedBy} made an account for you at ${reader.site}. Choose a password, and it is yours.` },
    { button: { label: 'Accept the invitation', link } },
    { note: `The link works once, until ${momentFor(reader, expiresAt)}.` },
    { note: 'If you do not know why you are invited, do nothing: the account stays closed.' },
  ],
  reason: `An administrator of ${reader.site} entered this address.`,
})

export const deactivated = ({ by, at }: MailData<'deactivated'>, reader: Reader): MailContent => ({
  subject: 'Your account was deactivated',
  preview: by === 'SELF' ? 'As you asked.' : 'An administrator did this.',
  heading: greeting('Your account was deactivated', reader),
  blocks: [
    {
      paragraph:
        by === 'SELF'
          ? `As you asked, your account at ${reader.site} was deactivated on ${momentFor(reader, at)}.`
          : `An administrator of ${reader.site} deactivated your account on ${momentFor(reader, at)}.`,
    },
    { paragraph: 'You are signed out everywhere, and your access tokens no longer work.' },
    { note: 'If this is a mistake, write to the administrator, who can undo it.' },
  ],
  reason: ownAccount(reader),
})

export const reactivated = ({ link }: MailData<'reactivated'>, reader: Reader): MailContent => ({
  subject: 'Your account is active again',
  preview: 'You can log in again.',
  heading: greeting('Your account is active again', reader),
  blocks: [
    { paragraph: `An administrator activated your account at ${reader.site} again. Your password is the one you had.` },
    { button: { label: 'Log in', link } },
  ],
  reason: ownAccount(reader),
})

/** `Welcome, Ada`, where a name is known. */
const greeting = (words: string, { name }: Reader): string => (name ? `${words}, ${name}` : words)

const ownAccount = ({ site }: Reader): string =>
  `You have an account at ${site}. This mail is part of it and has no unsubscribe.`
