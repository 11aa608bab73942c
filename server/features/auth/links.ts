/**
 * Where the links in mails lead. The token stands behind the `#`: browsers send that to no server, so that no access
 * log and no `Referer` has it. Pages that are only looked at by a mail scanner use nothing up: a person presses a button.
 */
export type AccountLinks = ReturnType<typeof createAccountLinks>

const accountPages = {
  verifyEmail: '/verify-email',
  resetPassword: '/reset-password',
  confirmEmail: '/confirm-email',
  acceptInvitation: '/accept-invitation',
  forgotPassword: '/forgot-password',
  login: '/login',
} as const

export function createAccountLinks(publicUrl: string) {
  const withToken = (page: keyof typeof accountPages) => (token: string) =>
    `${publicUrl}${accountPages[page]}#token=${token}`
  return {
    verifyEmail: withToken('verifyEmail'),
    resetPassword: withToken('resetPassword'),
    confirmEmail: withToken('confirmEmail'),
    acceptInvitation: withToken('acceptInvitation'),
    forgotPassword: `${publicUrl}${accountPages.forgotPassword}`,
    login: `${publicUrl}${accountPages.login}`,
  }
}
