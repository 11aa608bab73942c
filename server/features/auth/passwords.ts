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

/** Whether a password says little more than what its owner is known by: the first thing that is tried. */
export function resembles(password: string, names: readonly string[]): boolean {
  const secret = bare(password)
  return names.map(bare).some((name) => {
    if (secret !== '' && name.includes(secret)) return true
    return (
      name.length >= shortestLikeness && secret.includes(name) && secret.replace(name, '').length < shortestLikeness
    )
  })
}
