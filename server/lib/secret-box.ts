import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Encryption at rest: AES-256-GCM. A sealed value is `v1.keyId.nonce.ciphertext.tag` (base64url); where it is stored
 * (table, row, column) is its associated data, so that a value moved to another row does not open.
 */
export type SecretBox = {
  seal(plaintext: string, place: SecretPlace): string
  /** Throws where the key is unknown, the place is another one or the value was changed. */
  open(sealed: string, place: SecretPlace): string
  /**
   * HMAC-SHA256 of `data` under a key of that purpose alone: one value per encryption key, the writing key's first, so
   * that what was derived before a rotation is still recognised.
   */
  derive(purpose: string, data: string | Uint8Array): readonly [Buffer, ...Buffer[]]
}
export type SecretPlace = { table: string; row: string; column: string }
/** The first key writes; all of them read. Keys are 32 bytes. */
export type EncryptionKey = { id: string; key: Buffer }

const version = 'v1'
const nonceBytes = 12
const associated = ({ table, row, column }: SecretPlace) => Buffer.from(JSON.stringify([table, row, column]))

export function createSecretBox(keys: readonly EncryptionKey[]): SecretBox {
  const [writer] = keys
  if (!writer) throw new Error('a secret box needs at least one key')
  const [, ...readers] = keys
  const byId = new Map(keys.map(({ id, key }) => [id, key]))
  return {
    derive: (purpose, data) => [
      derived(writer, purpose, data),
      ...readers.map((reader) => derived(reader, purpose, data)),
    ],
    seal(plaintext, place) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', writer.key, nonce).setAAD(associated(place))
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      const parts = [nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))
      return [version, writer.id, ...parts].join('.')
    },
    open(sealed, place) {
      const [form, keyId = '', nonce = '', ciphertext = '', tag = '', ...rest] = sealed.split('.')
      if (form !== version || rest.length > 0)
        throw new Error('a sealed value has the form v1.keyId.nonce.ciphertext.tag')
      const key = byId.get(keyId)
      if (!key) throw new Error(`the encryption key "${keyId}" is not among those given`)
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'))
      decipher.setAAD(associated(place)).setAuthTag(Buffer.from(tag, 'base64url'))
      return Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()]).toString('utf8')
    },
  }
}

/** The encryption key itself never computes a HMAC: a key of its own is made for each purpose (HKDF, RFC 5869). */
const derived = ({ key }: EncryptionKey, purpose: string, data: string | Uint8Array): Buffer =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', key, '', `berth/${purpose}`, 32)))
    .update(data)
    .digest()
