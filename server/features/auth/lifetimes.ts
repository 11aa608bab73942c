/** How long the proofs of a sign-in last. */

export const accessTokenSeconds = 10 * 60
/** A session that nobody refreshes for this long has ended. */
export const sessionIdleSeconds = 14 * 24 * 60 * 60
/** However busy it is, a session ends after this. */
export const sessionSeconds = 60 * 24 * 60 * 60
/** Tabs that refresh at the same time get the same tokens for this long. */
export const parallelRefreshSeconds = 10
/** Ended sessions are kept this long, for who asks what happened; then they are removed. */
export const endedSessionSeconds = 30 * 24 * 60 * 60
