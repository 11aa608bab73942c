import { createHash, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { accessTokenAlgorithm, accessTokenAudience } from '../../http/authentication.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import { accessTokenSeconds } from './lifetimes.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { TokenHash } from './store.ts'

/** What tokens are made of: opaque ones, and the signed one. */

const opaqueTokenBytes = 32
const successorPurpose = 'refresh-token-successor'

/** Opaque and of 256 bits: nothing can be read from it, and it cannot be guessed. */
export const newOpaqueToken = (): string => randomBytes(opaqueTokenBytes).toString('base64url')

/** Only this is stored. A fast hash is enough: there is nothing to guess in 256 random bits. */
export const hashOpaqueToken = (token: string): TokenHash =>
  Uint8Array.from(createHash('sha256').update(token).digest())

/**
 * The token that follows another one: derived, so that parallel refreshes need no memory of each other to get the same
 * one. With a key that only the server has: an old token that leaked does not give its successors away. One candidate
 * per encryption key, the present one first.
 */
export const successorsOf = (secretBox: SecretBox, token: string): readonly [string, ...string[]] => {
  const [present, ...earlier] = secretBox.derive(successorPurpose, token)
  return [present.toString('base64url'), ...earlier.map((value) => value.toString('base64url'))]
}

/**
 * A JWT (RFC 9068) that is the same for the same session and time: parallel refreshes get one and the same.
 * It says who and which session, never what that one may do.
 */
export async function signAccessToken(
  keys: SigningKeys,
  { userId, sessionId, issuer, issuedAt }: { userId: string; sessionId: string; issuer: string; issuedAt: Date },
): Promise<string> {
  const { kid, privateKey } = await keys.current()
  const seconds = Math.floor(issuedAt.getTime() / 1000)
  return new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: accessTokenAlgorithm, kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(accessTokenAudience)
    .setSubject(userId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + accessTokenSeconds)
    .sign(privateKey)
}
