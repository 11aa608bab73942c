import { hash, verify, type Options } from '@node-rs/argon2'

/** Password hashing: Argon2id with the parameters that OWASP asks for at least (19 MiB, two passes, one lane). */
const options: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Characters that look the same are the same: a password typed on another keyboard still fits (NIST 800-63B). */
const normalized = (password: string) => password.normalize('NFKC')

/** The hash to be stored: parameters and salt are in it. */
export const hashPassword = (password: string): Promise<string> => hash(normalized(password), options)

/** Where there is no hash (an unknown address), one is checked nevertheless, so that both answers cost the same. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const matches = await verify(stored ?? (await hashOfNothing()), normalized(password))
  return matches && stored !== undefined
}

let nothing: Promise<string> | undefined
const hashOfNothing = (): Promise<string> => (nothing ??= hash('', options))

const shortestLikeness = 4
const bare = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')

/** Whether a password says little more than the address it belongs to: the first thing that is tried. */
export function resemblesEmail(password: string, email: string): boolean {
  const [secret, address, local] = [bare(password), bare(email), bare(email.split('@', 1)[0] ?? '')]
  if (secret !== '' && address.includes(secret)) return true
  return (
    local.length >= shortestLikeness && secret.includes(local) && secret.replace(local, '').length < shortestLikeness
  )
}
