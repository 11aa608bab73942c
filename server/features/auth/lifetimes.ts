/** How long the proofs of a sign-in, and the secrets that are mailed, last. */

export const accessTokenSeconds = 10 * 60
/** A session that nobody refreshes for this long has ended. */
export const sessionIdleSeconds = 14 * 24 * 60 * 60
/** However busy it is, a session ends after this. */
export const sessionSeconds = 60 * 24 * 60 * 60
/** Tabs that refresh at the same time get the same tokens for this long. */
export const parallelRefreshSeconds = 10
/** Ended sessions are kept this long, for who asks what happened; then they are removed. */
export const endedSessionSeconds = 30 * 24 * 60 * 60

const hour = 60 * 60
/** How long a one-time token works. An invitation says itself how long: an administrator sends it. */
export const oneTimeSeconds = {
  VERIFY_EMAIL: 24 * hour,
  RESET_PASSWORD: hour,
  CHANGE_EMAIL: 24 * hour,
  TWO_FACTOR_CHALLENGE: 5 * 60,
} as const
/** Used or expired ones are kept this long: how many wrong codes somebody tried is counted from them. */
export const endedOneTimeTokenSeconds = 7 * 24 * hour
