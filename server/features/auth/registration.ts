import type { Config } from '../../config/types.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { forbidden } from '../../lib/errors.ts'
import { normalizeEmail, type Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { evenly } from './even-time.ts'
import type { AccountLinks } from './links.ts'
import { mayMailAgain } from './mail-limit.ts'
import type { PasswordPolicy } from './password-policy.ts'
import { hashPassword } from './passwords.ts'
import type { Verification } from './verification.ts'

/** Signing up. The answer, and how long it takes, does not tell whether the address has an account. */

type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'createUser' | 'findByEmail'>
  policy: Pick<PasswordPolicy, 'demand'>
  verification: Pick<Verification, 'send'>
  notifications: Pick<Notifications, 'send'>
  links: AccountLinks
  clock: Clock
  config: Pick<Config, 'registrations' | 'registrationDomains'>
}
export type Registration = { email: string; password: string; name: string; company?: string }

/** Longer than registering takes either way. */
const registrationMilliseconds = 150

export function createRegistration(dependencies: Dependencies) {
  const { database, accounts, policy, verification, notifications, links, clock, config } = dependencies

  const create = async (tx: Tx, registration: Registration & { passwordHash: string }, origin: RequestContext) => {
    const { email, name, passwordHash, company } = registration
    const user = { email, name, passwordHash, role: 'USER' as const, ...(company !== undefined && { company }) }
    const created = await accounts.createUser(tx, user)
    if (!created) return false
    await verification.send(tx, created.user)
    await recordAudit(tx, {
      actorId: created.user.id,
      organizationId: created.organization.id,
      action: 'auth.register',
      targetType: 'user',
      targetId: created.user.id,
      origin,
    })
    return true
  }

  /** Its owner learns that somebody tried: perhaps they themselves, who forgot that they have an account. */
  const tellOwner = async (tx: Tx, owner: User, origin: RequestContext) => {
    await recordAudit(tx, {
      action: 'auth.register',
      targetType: 'user',
      targetId: owner.id,
      result: 'REFUSED',
      origin,
    })
    if (owner.status !== 'ACTIVE' || !(await mayMailAgain(tx, owner.email, 'already-registered', clock.systemNow())))
      return
    const data = { loginLink: links.login, resetLink: links.forgotPassword }
    await notifications.send(tx, { userId: owner.id, email: owner.email }, { kind: 'already-registered', data })
  }

  /**
   * Creates a user with a personal organization, or, where the address is taken, tells its owner. Throws
   * `unprocessable` for a password that is easy to guess, `forbidden` where visitors, or addresses of that domain, are
   * not taken.
   */
  return async (registration: Registration, origin: RequestContext): Promise<void> => {
    assertOpen(config)
    assertDomain(config, registration.email)
    await policy.demand(registration.password, registration)
    await evenly(registrationMilliseconds, async () => {
      const passwordHash = await hashPassword(registration.password)
      const email = normalizeEmail(registration.email)
      const owner = await accounts.findByEmail(email)
      const created = await database.transaction(async (tx) => {
        if (owner) await tellOwner(tx, owner, origin)
        return owner !== null || (await create(tx, { ...registration, passwordHash }, origin))
      })
      // Another request took the address in between.
      const winner = created ? null : await accounts.findByEmail(email)
      if (winner) await database.transaction((tx) => tellOwner(tx, winner, origin))
    })
  }
}

function assertOpen({ registrations }: Pick<Config, 'registrations'>): void {
  if (registrations === 'open') return
  const message =
    registrations === 'invitation'
      ? 'New accounts are by invitation here: ask the administrator for one.'
      : 'New accounts are made by the administrator here.'
  throw forbidden('REGISTRATION_CLOSED', message)
}

/** Throws `forbidden` EMAIL_DOMAIN_REFUSED where the operator takes addresses of other domains only. */
export function assertDomain(
  { registrationDomains }: Pick<Config, 'registrationDomains'>,
  email: string,
  pointer = '/email',
): void {
  const domain = normalizeEmail(email).split('@').at(-1) ?? ''
  if (!registrationDomains || registrationDomains.includes(domain)) return
  throw forbidden('EMAIL_DOMAIN_REFUSED', `Addresses of ${domain} are not taken here.`, {
    fields: [{ pointer, detail: `is not of ${registrationDomains.join(', ')}` }],
  })
}
