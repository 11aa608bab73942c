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

/** What is left of a password without the words is too little below this. */
const leastRest = 4
/** Shorter words are in most passwords. */
export const shortestWord = 3
const bare = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')

/**
 * Whether a password says little more than these words, however often and in whatever order: the first thing that is
 * tried. An estimate of guesses takes two words side by side for a phrase, also where both are the owner's name.
 */
export function resembles(password: string, words: readonly string[]): boolean {
  const secret = bare(password)
  if (secret === '') return false
  const known = words.map(bare).filter((word) => word.length >= shortestWord)
  const longestFirst = known.toSorted((a, b) => b.length - a.length)
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ''), secret)
  return known.some((word) => word.includes(secret)) || (rest !== secret && rest.length < leastRest)
}
