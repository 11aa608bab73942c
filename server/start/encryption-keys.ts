import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { invalid } from '../lib/errors.ts'
import type { EncryptionKey } from '../lib/secret-box.ts'
import { encryptionKeys } from '../config/values.ts'
import { madeOnce } from './made-once.ts'

/**
 * The keys that lie beside the embedded database, made at the first start. Whoever copies the database must copy them
 * too: what they encrypt cannot be read without.
 */
export function keysBeside(dataDirectory: string): readonly EncryptionKey[] {
  const file = join(dataDirectory, 'encryption-keys')
  const keys = encryptionKeys.safeParse(madeOnce(file, () => `k1:${randomBytes(32).toString('base64')}`))
  if (!keys.success) throw invalid('KEY_FILE', `${file} is damaged: it must hold id:key with 32 bytes in base64.`)
  return keys.data
}
