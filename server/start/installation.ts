import type { Database } from '../db/database.ts'
import { conflict, messageOf } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import type { SecretBox } from '../lib/secret-box.ts'

const expected = 'berth'

/**
 * Makes this installation's row at its first start, and at every later one proves that the encryption keys are those
 * that wrote the database. Throws `conflict` where they are not: nothing secret could be read, and what would be
 * written could not be read by the others.
 */
export async function openInstallation(database: Database, secretBox: SecretBox): Promise<void> {
  const id = newId()
  // Of processes that start at once one makes it, and all of them read what was made.
  await database.query(
    `WITH made AS (
       INSERT INTO installation (id, encryption_check) VALUES ($1, $2) ON CONFLICT (singleton) DO NOTHING RETURNING id
     )
     INSERT INTO audit_events (id, action, target_type, target_id, result)
     SELECT $3, 'installation.create', 'installation', id, 'SUCCEEDED' FROM made`,
    [id, secretBox.seal(expected, place(id)), newId()],
  )
  const { id: stored, encryptionCheck } = await database.prisma.installation.findFirstOrThrow()
  try {
    if (secretBox.open(encryptionCheck, place(stored)) !== expected) throw new Error('the check value is another one')
  } catch (cause) {
    throw conflict(
      'ENCRYPTION_KEYS',
      `The encryption keys are not those of this database (${messageOf(cause)}): ` +
        'put the key that wrote it into BERTH_ENCRYPTION_KEYS, behind the new one where you rotate.',
      { cause },
    )
  }
}

const place = (row: string) => ({ table: 'installation', row, column: 'encryption_check' })
