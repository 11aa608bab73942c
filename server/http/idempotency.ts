import { timingSafeEqual } from 'node:crypto'
import type { Database, Tx } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { conflict, invalid, unprocessable } from '../lib/errors.ts'
import type { SecretBox } from '../lib/secret-box.ts'
import type { Reply } from './route.ts'

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): who repeats a POST after a lost answer gets that answer
 * and no second change.
 *
 * How a route uses it: `idempotent: true`, and a handler that writes through the transaction it is given:
 *
 *     handler: ({ transaction, caller, body }) =>
 *       transaction(async (tx) => reply(status.accepted, await subscriptions.create(tx, caller, body)))
 *
 * - The key's row is written in that same transaction: change and stored answer commit together or not at all.
 * - "Still running" is an advisory lock of the transaction: a crash ends the transaction and with it the lock.
 * - Bodies are compared by HMAC and answers are stored encrypted: an answer may hold a password.
 * - What `work` throws is not stored: after a refusal the same key may be tried again.
 */
export type Idempotency = {
  /** Without a key: just a transaction. */
  run(request: KeyedRequest, work: (tx: Tx) => Promise<Reply>): Promise<Reply>
  /** Removes what is older than 24 hours; answers how many rows. */
  removeExpired(): Promise<number>
}
type KeyedRequest = {
  callerId: string
  /** Method and pattern. */
  route: string
  key: string | undefined
  /** Everything of the request that makes the change what it is: parameters, query and body, as they came. */
  content: unknown
}

const keptMilliseconds = 24 * 60 * 60 * 1000
const saneKey = /^[\x21-\x7e]{1,255}$/
const purpose = 'idempotency-body'

type Dependencies = { database: Pick<Database, 'transaction' | 'prisma'>; secretBox: SecretBox; clock: Clock }

export function createIdempotency({ database, secretBox, clock }: Dependencies): Idempotency {
  const placeOf = ({ callerId, route, key }: KeyedRequest) => ({
    table: 'idempotency_keys',
    row: JSON.stringify([callerId, route, key]),
    column: 'response_encrypted',
  })

  const stored = async (tx: Tx, request: KeyedRequest, key: string, macs: readonly Buffer[]) => {
    const { callerId, route } = request
    const row = await tx.idempotencyKey.findUnique({ where: { callerId_route_key: { callerId, route, key } } })
    if (!row || row.expiresAt <= clock.systemNow()) return undefined
    if (!macs.some((mac) => timingSafeEqual(mac, row.bodyHmac))) throw reused()
    return readAnswer(row.responseStatus, secretBox.open(row.responseEncrypted, placeOf(request)))
  }

  const store = async (tx: Tx, request: KeyedRequest, key: string, mac: Buffer, answer: Reply) => {
    const { callerId, route } = request
    const row = {
      bodyHmac: Uint8Array.from(mac),
      responseStatus: answer.status,
      responseEncrypted: secretBox.seal(JSON.stringify([answer.body, answer.headers]), placeOf(request)),
      expiresAt: new Date(clock.systemNow().getTime() + keptMilliseconds),
    }
    await tx.idempotencyKey.upsert({
      where: { callerId_route_key: { callerId, route, key } },
      create: { callerId, route, key, ...row },
      update: row,
    })
  }

  return {
    async run(request, work) {
      const { key } = request
      if (key === undefined) return database.transaction(work)
      if (!saneKey.test(key)) throw badKey()
      const macs = secretBox.derive(purpose, canonical(request.content))
      const [mac] = macs
      return database.transaction(async (tx) => {
        await lock(tx, request)
        const earlier = await stored(tx, request, key, macs)
        if (earlier) return earlier
        const answer = await work(tx)
        await store(tx, request, key, mac, answer)
        return answer
      })
    },
    async removeExpired() {
      const { count } = await database.prisma.idempotencyKey.deleteMany({
        where: { expiresAt: { lte: clock.systemNow() } },
      })
      return count
    },
  }
}

/** One running request per key: the lock goes with the transaction, however it ends. */
async function lock(tx: Tx, { callerId, route, key }: KeyedRequest): Promise<void> {
  const name = JSON.stringify(['idempotency', callerId, route, key])
  const [row] = await tx.$queryRaw<
    { locked: boolean }[]
  >`SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS locked`
  if (row?.locked !== true) {
    throw conflict(
      'IDEMPOTENCY_KEY_RUNNING',
      'A request with this Idempotency-Key is still running: repeat it in a moment.',
      { extensions: { retryAfterSeconds: 1 } },
    )
  }
}

function readAnswer(status: number, text: string): Reply {
  const [body, headers] = JSON.parse(text) as [unknown, Reply['headers']]
  return { status, body, headers: { ...headers, 'Idempotency-Replayed': 'true' } }
}

/** JSON with sorted members: the same content in another order is the same request. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

const badKey = () =>
  invalid('INVALID_REQUEST', 'The request is not valid: Idempotency-Key is 1 to 255 visible ASCII characters.', {
    fields: [{ pointer: '/header/idempotency-key', detail: '1 to 255 visible ASCII characters' }],
  })
const reused = () =>
  unprocessable(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used with another request: use a new key for a new request.',
  )
