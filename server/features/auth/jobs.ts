import type { Idempotency } from '../../http/idempotency.ts'
import type { Job } from '../../jobs/job.ts'
import type { OneTimeTokens, Sessions } from './service.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What happens at night: nothing of it is awaited by anybody. */

type Housekeeping = {
  sessions: Pick<Sessions, 'removeEnded'>
  oneTimeTokens: Pick<OneTimeTokens, 'removeEnded'>
  idempotency: Pick<Idempotency, 'removeExpired'>
}

export const createHousekeepingJob = ({ sessions, oneTimeTokens, idempotency }: Housekeeping): Job => ({
  name: 'auth-housekeeping',
  schedule: '17 3 * * *',
  async run(_data, { log }) {
    const endedSessions = await sessions.removeEnded()
    const endedTokens = await oneTimeTokens.removeEnded()
    const idempotencyKeys = await idempotency.removeExpired()
    log.info({ endedSessions, endedTokens, idempotencyKeys }, 'removed what nobody needs any more')
  },
})

/** Often enough that a password can still be changed in time. Repeated after a crash, it tells nobody twice. */
export const createRefusedSignInsJob = (tellOwners: () => Promise<number>): Job => ({
  name: 'tell-of-refused-sign-ins',
  schedule: '*/10 * * * *',
  async run(_data, { log }) {
    const told = await tellOwners()
    if (told > 0) log.warn({ told }, 'told people that somebody tries to sign in to their accounts')
  },
})

/** A key that leaked unnoticed is worth a month at most. Repeated after a crash, it rotates once more, which harms nobody. */
export const createRotationJob = (signingKeys: Pick<SigningKeys, 'rotate'>): Job => ({
  name: 'rotate-signing-key',
  schedule: '41 2 1 * *',
  async run(_data, { log }) {
    const { kid, activeFrom } = await signingKeys.rotate()
    log.info({ kid, activeFrom }, 'made the next key that signs access tokens')
  },
})
