/**
 * Time-based one-time passwords (RFC 6238), as authenticator apps make them: SHA-1, six digits, 30 seconds. The
 * libraries are read with the first of them: most processes never see one.
 */

const period = 30
const issuer = 'Berth'
const secretBytes = 20

/** 160 random bits, in base32. */
export async function newTotpSecret(): Promise<string> {
  const { generateSecret } = await import('otplib')
  return generateSecret({ length: secretBytes })
}

/** What an app takes over: as a link, and as a QR code of it. */
export async function enrolmentOf(secret: string, email: string): Promise<{ uri: string; qrCode: string }> {
  const [{ generateURI }, { renderSVG }] = await Promise.all([import('otplib'), import('uqr')])
  const uri = generateURI({ issuer, label: email, secret })
  return { uri, qrCode: renderSVG(uri, { ecc: 'M', border: 2 }) }
}

/**
 * The time step that a code is of, undefined where it is wrong. One step before and after the present one is taken,
 * for clocks that differ; none that is not after `lastUsedStep`, so that a code that was seen is worth nothing.
 */
export async function stepOfCode(
  secret: string,
  code: string,
  { now, lastUsedStep }: { now: Date; lastUsedStep: bigint | null },
): Promise<bigint | undefined> {
  const { verifySync } = await import('otplib')
  const result = verifySync({
    secret,
    token: code,
    period,
    strategy: 'totp',
    epoch: Math.floor(now.getTime() / 1000),
    epochTolerance: period,
    ...(lastUsedStep !== null && { afterTimeStep: Number(lastUsedStep) }),
  })
  return result.valid && 'timeStep' in result ? BigInt(result.timeStep) : undefined
}
