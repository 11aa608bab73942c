import { createHash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * `berth_pat_` + 32 random characters (190 bits) + 6 that are their CRC-32. The prefix lets secret scanners find a
 * leaked token; the checksum lets them, and us, tell one from a look-alike without asking a database.
 */

const prefix = 'berth_pat_'
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomCharacters = 32
const checksumCharacters = 6
const form = new RegExp(`^${prefix}([0-9A-Za-z]{${randomCharacters}})([0-9A-Za-z]{${checksumCharacters}})$`)
const hintCharacters = 4

export function newToken(): string {
  const random = Array.from({ length: randomCharacters }, () => alphabet[randomInt(alphabet.length)]).join('')
  return `${prefix}${random}${checksumOf(random)}`
}

/** Whether the text means to be such a token, well formed or not. */
export const isTokenLike = (text: string): boolean => text.startsWith(prefix)

/** Whether it can be one of ours: no character mistyped, none missing. */
export function isWellFormed(text: string): boolean {
  const [, random, checksum] = form.exec(text) ?? []
  return random !== undefined && checksum === checksumOf(random)
}

/** Only this is stored. A fast hash is enough: there is nothing to guess in 190 random bits. */
export const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(createHash('sha256').update(token).digest())

/** What its owner recognises it by in a list. */
export const hintOf = (token: string): string => `${token.slice(0, prefix.length + hintCharacters)}…`

function checksumOf(random: string): string {
  let rest = crc32(random)
  let text = ''
  for (let index = 0; index < checksumCharacters; index++) {
    text = `${alphabet[rest % alphabet.length] ?? ''}${text}`
    rest = Math.floor(rest / alphabet.length)
  }
  return text
}
