import { unprocessable } from '../../lib/errors.ts'
import type { PasswordStrength, Strength } from './password-strength.ts'
import { resembles, shortestWord } from './passwords.ts'

/**
 * What a new password must be: not guessable. No composition is asked for (NIST SP 800-63B): a rule such as "one digit"
 * makes people write `Password1`.
 */
export type PasswordPolicy = ReturnType<typeof createPasswordPolicy>
/** Whose password it is to be. */
export type PasswordOwner = { email?: string; name?: string; company?: string | null }

/** Below it, a million guesses find it: the common ones, with their usual decorations. */
const leastStrength = 2
/** What is guessed at every server of this name. */
const product = 'berth'

export function createPasswordPolicy({ strength }: { strength: Pick<PasswordStrength, 'estimate'> }) {
  const assess = async (password: string, owner: PasswordOwner): Promise<Strength & { acceptable: boolean }> => {
    const estimated = await strength.estimate(password, everyWordOf(owner))
    const like = likenessOf(password, owner)
    if (like === undefined) return { ...estimated, acceptable: estimated.strength >= leastStrength }
    return {
      strength: 0,
      suggestions: [`It says little more than ${like}.`, ...estimated.suggestions],
      acceptable: false,
    }
  }
  return {
    /** Its strength, with what would make it better, and whether it would be taken. */
    assess,

    /** Throws `unprocessable` PASSWORD_TOO_WEAK with strength and suggestions. */
    async demand(password: string, owner: PasswordOwner, pointer = '/password'): Promise<void> {
      const { acceptable, strength: found, suggestions } = await assess(password, owner)
      if (acceptable) return
      throw unprocessable('PASSWORD_TOO_WEAK', 'This password is easy to guess: choose another one.', {
        fields: [{ pointer, detail: suggestions[0] ?? 'is easy to guess' }],
        extensions: { strength: found, suggestions },
      })
    },
  }
}

function likenessOf(password: string, owner: PasswordOwner): string | undefined {
  if (resembles(password, emailWordsOf(owner))) return 'your e-mail address'
  if (resembles(password, nameWordsOf(owner))) return 'your name'
  return resembles(password, everyWordOf(owner)) ? 'what anybody knows of you and of this service' : undefined
}

/** The text, and what it is made of. */
const wordsIn = (text: string): string[] =>
  [text, ...text.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length >= shortestWord)
const emailWordsOf = ({ email = '' }: PasswordOwner) => [...wordsIn(email), ...wordsIn(email.split('@', 1)[0] ?? '')]
const nameWordsOf = ({ name = '' }: PasswordOwner) => wordsIn(name)
const everyWordOf = (owner: PasswordOwner) => [
  ...emailWordsOf(owner),
  ...nameWordsOf(owner),
  ...wordsIn(owner.company ?? ''),
  product,
]
