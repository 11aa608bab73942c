import { createHash, randomInt } from 'node:crypto'
import type { TokenHash } from '../store.ts'

/** For who lost the device: each takes the place of a code once. */

const codes = 10
const groups = 5
const groupLength = 5
/** Without letters and digits that are mistaken for each other: 31 of them, so a code has 123 bits. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

const group = () => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('')

export const newRecoveryCodes = (): string[] =>
  Array.from({ length: codes }, () => Array.from({ length: groups }, group).join('-'))

/** Spaces, hyphens and capitals are how somebody typed it. A fast hash is enough: there is nothing to guess. */
export const hashRecoveryCode = (code: string): TokenHash =>
  Uint8Array.from(
    createHash('sha256')
      .update(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
      .digest(),
  )
