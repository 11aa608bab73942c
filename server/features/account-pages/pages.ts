import type { AccountPage } from './page.ts'

/** Where the links in mails lead. */

const newPassword = {
  name: 'password',
  label: 'New password',
  hint: 'At least 8 characters. Long is better than complicated: some words that nobody would guess together.',
  type: 'password',
  autocomplete: 'new-password',
  required: true,
  minLength: 8,
  maxLength: 128,
} as const

const logIn = ['How to log in', 'login'] as const
const forgot = ['I forgot my password', 'forgot-password'] as const

export const accountPages: readonly AccountPage[] = [
  {
    path: 'verify-email',
    title: 'Confirm your e-mail address',
    explains: 'Press the button to confirm that this address is yours.',
    form: {
      endpoint: 'verify-email',
      token: true,
      fields: [],
      button: 'Confirm this address',
      done: 'Your address is confirmed. You can close this page.',
    },
    links: [logIn],
  },
  {
    path: 'confirm-email',
    title: 'Confirm your new e-mail address',
    explains: 'Press the button, and your account uses this address from now on.',
    form: {
      endpoint: 'confirm-email',
      token: true,
      fields: [],
      button: 'Use this address',
      done: 'Your account uses this address now. Log in with it from now on.',
    },
    links: [logIn],
  },
  {
    path: 'reset-password',
    title: 'Choose a new password',
    explains: 'You will be signed out everywhere else.',
    form: {
      endpoint: 'reset-password',
      token: true,
      fields: [newPassword],
      button: 'Set the new password',
      done: 'Your new password is set. Log in with it from now on.',
    },
    links: [logIn, ['Have a new link sent', 'forgot-password']],
  },
  {
    path: 'accept-invitation',
    title: 'Accept your invitation',
    explains: 'An administrator made an account for you. Choose its password, and it is yours.',
    form: {
      endpoint: 'accept-invitation',
      token: true,
      fields: [
        {
          name: 'name',
          label: 'Your name (optional)',
          hint: 'Leave it empty to keep the one that the administrator entered.',
          type: 'text',
          autocomplete: 'name',
          required: false,
          maxLength: 100,
        },
        newPassword,
      ],
      button: 'Accept the invitation',
      done: 'Your account is ready. You can log in now.',
    },
    links: [logIn],
  },
  {
    path: 'forgot-password',
    title: 'Forgot your password?',
    explains: 'Enter the e-mail address of your account, and we send you a link for choosing a new password.',
    form: {
      endpoint: 'forgot-password',
      token: false,
      fields: [
        {
          name: 'email',
          label: 'E-mail address',
          hint: 'The one that you registered with.',
          type: 'email',
          autocomplete: 'email',
          required: true,
          maxLength: 254,
        },
      ],
      button: 'Send the link',
      done: 'If this address has an account, a mail is on its way. Its link works once. Look into your spam folder too.',
    },
    links: [logIn],
  },
  {
    path: 'login',
    title: 'Log in',
    explains:
      'Your account is used by programs: send your address and password to POST /api/v1/auth/login, and use the access token that you get. The API reference lets you try it here.',
    links: [['Open the API reference', 'docs'], forgot],
  },
]
