import { unprocessable } from '../../lib/errors.ts'
import type { PasswordStrength, Strength } from './password-strength.ts'
import { resembles } from './passwords.ts'

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
    const estimated = await strength.estimate(password, [...wordsOf(owner), product])
    const like = likenessOf(password, owner)
    if (like === undefined) return { ...estimated, acceptable: estimated.strength >= leastStrength }
    return {
      strength: 0,
      suggestions: [`It says little more than your ${like}.`, ...estimated.suggestions],
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

function likenessOf(password: string, { email, name }: PasswordOwner): string | undefined {
  if (email !== undefined && resembles(password, [email, email.split('@', 1)[0] ?? ''])) return 'e-mail address'
  return name !== undefined && resembles(password, [name]) ? 'name' : undefined
}

const wordsOf = ({ email = '', name = '', company }: PasswordOwner): string[] =>
  [email, ...email.split(/[@.]/), name, ...name.split(' '), company ?? ''].filter((word) => word.length > 2)
