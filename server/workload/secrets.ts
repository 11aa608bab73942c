import { createHmac } from 'node:crypto'
import type { SecretSpec, WorkloadSpec } from './spec.ts'

/** So many random bytes. The caller's, so that this file does no I/O and tests can repeat it. */
export type Random = (bytes: number) => Uint8Array

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const lowerCase = 'abcdefghijklmnopqrstuvwxyz'
const alphanumeric = `${letters}0123456789`
const symbols = `${alphanumeric}!#%&()*+,-./:;<=>?@[]^_{|}~`

/**
 * A value for each secret of the template. Those in `existing` are kept as they are: a generated value is stable for
 * ever, and a later revision only adds.
 */
export function generateSecrets(
  spec: Pick<WorkloadSpec, 'secrets'>,
  random: Random,
  existing: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const values: Record<string, string> = {}
  // Tokens are signed with other secrets, so they come after them.
  const ordered = [...spec.secrets].sort((a, b) => Number(a.kind === 'jwt') - Number(b.kind === 'jwt'))
  for (const secret of ordered) {
    const kept = Object.hasOwn(existing, secret.name) ? existing[secret.name] : undefined
    values[secret.name] = kept ?? generate(secret, random, values)
  }
  return values
}

function generate(secret: SecretSpec, random: Random, made: Readonly<Record<string, string>>): string {
  switch (secret.kind) {
    case 'user':
      return pick(letters, 1, random) + pick(alphanumeric, secret.length - 1, random)
    case 'lowercase':
      return pick(lowerCase, 1, random) + pick(`${lowerCase}0123456789`, secret.length - 1, random)
    case 'password':
    case 'random':
      return pick(alphanumeric, secret.length, random)
    case 'symbols':
      return pick(symbols, secret.length, random)
    case 'base64':
      return Buffer.from(random(secret.bytes)).toString('base64')
    case 'hex':
      return Buffer.from(random(secret.bytes)).toString('hex')
    case 'jwt':
      return signToken(secret.role, made[secret.signedBy] ?? '')
  }
}

/** So many characters, each as likely as the others: bytes past the last whole multiple are thrown away. */
function pick(alphabet: string, length: number, random: Random): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of random((length - text.length) * 2)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

/** The years that a token is valid are fixed, so that the same secret gives the same token. */
const issuedAt = Date.UTC(2025, 0, 1) / 1000
const expiresAt = Date.UTC(2125, 0, 1) / 1000

/** A JSON Web Token (RFC 7519) with HMAC SHA-256, as PostgREST and its kind expect their API keys. */
function signToken(role: string, key: string): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: 'supabase', iat: issuedAt, exp: expiresAt, role })}`
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`
}
