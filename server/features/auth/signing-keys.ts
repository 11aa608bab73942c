import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import { accessTokenAlgorithm } from '../../http/authentication.ts'
import type { Database } from '../../db/database.ts'
import type { SigningKey } from '../../db/generated/client.ts'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import type { RequestContext } from '../../http/route.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import { recordAudit } from '../audit/service.ts'
import { accessTokenSeconds } from './lifetimes.ts'
import * as store from './store.ts'

/**
 * The keys that sign access tokens. They are rows, so that all processes share them; the private halves are encrypted.
 * A new key is published before it signs, and the old one stays published until the last token it signed has expired.
 */
export type SigningKeys = {
  /** The key that signs now; the first one is made by whoever asks first. */
  current(): Promise<{ kid: string; privateKey: CryptoKey }>
  /** Undefined for an id that no key has, or whose key was retired. */
  publicKey(kid: string): Promise<CryptoKey | undefined>
  /** What verifiers outside read (RFC 7517). */
  jwks(): Promise<{ keys: PublicJwk[] }>
  /** Makes the next key and schedules the end of the present ones; answers the new key's id, and when it begins. */
  rotate(by?: Rotator): Promise<{ kid: string; activeFrom: Date }>
}

/** The administrator who asks for it; absent where the time has come. */
export type Rotator = RequestContext & { userId: string }

/** Before it signs, a new key has been seen by every process and by verifiers that keep the JWKS for a while. */
const publishedBeforeSeconds = 5 * 60
const reloadMilliseconds = 60_000
/** Unknown ids may be invented by callers: they make nobody read more often than this. */
const unknownMilliseconds = 1_000

type PublicJwk = { kty: string; crv: string; x: string; kid: string; alg: string; use: string }
type Dependencies = { database: Pick<Database, 'prisma' | 'transaction'>; secretBox: SecretBox; clock: Clock }
type LoadedKey = { row: SigningKey; publicKey: CryptoKey }
type Loaded = { at: number; keys: readonly LoadedKey[] }

export function createSigningKeys({ database, secretBox, clock }: Dependencies): SigningKeys {
  let loaded: Loaded | undefined
  const privateKeys = new Map<string, CryptoKey>()
  const now = () => clock.systemNow().getTime()

  const reload = async (): Promise<Loaded> => {
    const at = now()
    const rows = await store.findSigningKeys(database.prisma, clock.systemNow())
    loaded = { at, keys: await Promise.all(rows.map(withPublicKey)) }
    return loaded
  }
  const keysWithin = async (milliseconds: number): Promise<readonly LoadedKey[]> =>
    (loaded && now() - loaded.at < milliseconds ? loaded : await reload()).keys

  const ensureOne = () =>
    database.transaction(async (tx) => {
      await store.lockSigningKeys(tx)
      const present = await store.findSigningKeys(tx, clock.systemNow())
      if (present.length > 0) return
      const key = await newKey(secretBox, clock.systemNow())
      await store.insertSigningKey(tx, key)
      await recordAudit(tx, { action: 'auth.create-signing-key', targetType: 'signing-key', targetId: key.id })
    })

  const signing = (keys: readonly LoadedKey[]) => keys.findLast(({ row }) => row.activeFrom.getTime() <= now())

  return {
    async current() {
      const usable =
        signing(await keysWithin(reloadMilliseconds)) ?? (await ensureOne(), signing((await reload()).keys))
      if (!usable) throw new Error('no signing key is active although one was made')
      const { row } = usable
      const privateKey = privateKeys.get(row.id) ?? (await openPrivateKey(secretBox, row))
      privateKeys.set(row.id, privateKey)
      return { kid: row.id, privateKey }
    },
    async publicKey(kid) {
      const known = (keys: readonly LoadedKey[]) => keys.find(({ row }) => row.id === kid && !isRetired(row, now()))
      const found = known(await keysWithin(reloadMilliseconds)) ?? known(await keysWithin(unknownMilliseconds))
      return found?.publicKey
    },
    async jwks() {
      const keys = await keysWithin(reloadMilliseconds)
      return { keys: keys.filter(({ row }) => !isRetired(row, now())).map(({ row }) => publicJwk(row)) }
    },
    async rotate(by) {
      const activeFrom = new Date(now() + publishedBeforeSeconds * 1000)
      const key = await newKey(secretBox, activeFrom)
      const retiredAt = new Date(activeFrom.getTime() + 2 * accessTokenSeconds * 1000)
      await database.transaction(async (tx) => {
        await store.lockSigningKeys(tx)
        await store.retireSigningKeys(tx, retiredAt)
        await store.insertSigningKey(tx, key)
        await recordAudit(tx, {
          action: 'auth.rotate-signing-key',
          targetType: 'signing-key',
          targetId: key.id,
          ...(by && { actorId: by.userId, origin: by }),
        })
      })
      await reload()
      return { kid: key.id, activeFrom }
    },
  }
}

const isRetired = ({ retiredAt }: SigningKey, now: number) => retiredAt !== null && retiredAt.getTime() <= now
const placeOf = (id: string) => ({ table: 'signing_keys', row: id, column: 'private_jwk_encrypted' })

async function newKey(secretBox: SecretBox, activeFrom: Date) {
  const { publicKey, privateKey } = await generateKeyPair(accessTokenAlgorithm, { crv: 'Ed25519', extractable: true })
  const id = newId()
  const { kty, crv, x } = await exportJWK(publicKey)
  return {
    id,
    algorithm: accessTokenAlgorithm,
    publicJwk: { kty, crv, x },
    privateJwkEncrypted: secretBox.seal(JSON.stringify(await exportJWK(privateKey)), placeOf(id)),
    activeFrom,
  }
}

function publicJwk({ id, algorithm, publicJwk }: SigningKey): PublicJwk {
  const { kty, crv, x } = publicJwk as { kty: string; crv: string; x: string }
  return { kty, crv, x, kid: id, alg: algorithm, use: 'sig' }
}

async function withPublicKey(row: SigningKey): Promise<LoadedKey> {
  return { row, publicKey: asymmetric(await importJWK(publicJwk(row), row.algorithm)) }
}

async function openPrivateKey(secretBox: SecretBox, row: SigningKey): Promise<CryptoKey> {
  const jwk = JSON.parse(secretBox.open(row.privateJwkEncrypted, placeOf(row.id))) as JWK
  return asymmetric(await importJWK(jwk, row.algorithm))
}

function asymmetric(key: CryptoKey | Uint8Array): CryptoKey {
  if (key instanceof Uint8Array) throw new Error('a signing key is stored as a symmetric key')
  return key
}
