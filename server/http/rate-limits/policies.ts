/**
 * Every limit, as data. A `quota` of requests within a window that begins with the first of them; what is above is
 * refused (429) until the window ends.
 *
 * A policy per `account` refuses nobody: it counts what strangers ask about somebody's e-mail address, and whom it
 * refused would be the owner. Above its quota, answers become slower.
 */
export type Policy = {
  readonly per: 'caller' | 'address' | 'account'
  readonly quota: number
  readonly windowSeconds: number
}

const minute = 60
const hour = 60 * minute

/**
 * Quotas per address leave room for a class of thirty behind one address, who all register and log in within some
 * minutes; those of a person, for a console that polls and a program that is busy.
 */
export const policies = {
  /** Every request of somebody who is signed in, or of their tokens. */
  caller: { per: 'caller', quota: 3000, windowSeconds: minute },
  /** Every request of nobody, and every one with bad credentials. */
  address: { per: 'address', quota: 1200, windowSeconds: minute },
  login: { per: 'address', quota: 120, windowSeconds: 5 * minute },
  'two-factor': { per: 'address', quota: 120, windowSeconds: 5 * minute },
  refresh: { per: 'address', quota: 1200, windowSeconds: minute },
  register: { per: 'address', quota: 60, windowSeconds: 10 * minute },
  /** Asked with each pause in typing; an estimate costs more than a request does. */
  'password-strength': { per: 'address', quota: 600, windowSeconds: 10 * minute },
  /** Asking for a mail: forgotten password, verification again. */
  mail: { per: 'address', quota: 60, windowSeconds: 10 * minute },
  /** Following a link out of a mail. */
  link: { per: 'address', quota: 120, windowSeconds: 10 * minute },
  'mail-account': { per: 'account', quota: 5, windowSeconds: hour },
  /** What a person does some times a year with their own account: passwords, second factors, tokens. */
  security: { per: 'caller', quota: 60, windowSeconds: hour },
} as const satisfies Record<string, Policy>

export type PolicyName = keyof typeof policies
/** Those that a route names; the general ones hold everywhere. */
export type RouteLimit = Exclude<PolicyName, 'caller' | 'address'>

/** With quotas times as large, for load tests. */
export const scaled = ({ quota, ...policy }: Policy, factor: number): Policy => ({
  ...policy,
  quota: Math.max(1, Math.round(quota * factor)),
})

const firstDelayMilliseconds = 250
const longestDelayMilliseconds = 4_000

/** How long an answer waits that is so many above the quota of an account. */
export const delayOf = (excess: number): number =>
  excess <= 0 ? 0 : Math.min(firstDelayMilliseconds * 2 ** (excess - 1), longestDelayMilliseconds)
