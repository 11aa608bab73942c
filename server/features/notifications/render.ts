import { frameMail, type Framed } from '../../mail/frame.ts'
import * as account from './account-mails.ts'
import type { Mail, MailData, MailKind } from './mails.ts'
import type { MailContent } from '../../mail/frame.ts'
import type { Reader } from './reader.ts'
import * as security from './security-mails.ts'

/** Subject, HTML and text of every mail: pure, so that it can be rendered again when it is tried again. */

type Contents = { readonly [Kind in MailKind]: (data: MailData<Kind>, reader: Reader) => MailContent }

const contents: Contents = {
  'verify-email': account.verifyEmail,
  'already-registered': account.alreadyRegistered,
  welcome: account.welcome,
  'reset-password': account.resetPassword,
  'password-changed': security.passwordChanged,
  'confirm-new-email': account.confirmNewEmail,
  'email-change-requested': security.emailChangeRequested,
  'email-changed': security.emailChanged,
  'new-device': security.newDevice,
  'sign-ins-refused': security.signInsRefused,
  'token-reused': security.tokenReused,
  'two-factor-enabled': security.twoFactorEnabled,
  'two-factor-disabled': security.twoFactorDisabled,
  'recovery-code-used': security.recoveryCodeUsed,
  'recovery-codes-renewed': security.recoveryCodesRenewed,
  'access-token-created': security.accessTokenCreated,
  invitation: account.invitation,
  deactivated: account.deactivated,
  reactivated: account.reactivated,
}

export const renderMail = <Kind extends MailKind>(mail: Mail<Kind>, reader: Reader): Framed =>
  frameMail(contents[mail.kind](mail.data, reader))
