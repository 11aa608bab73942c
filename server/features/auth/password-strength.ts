import { Worker } from 'node:worker_threads'
import { unavailable } from '../../lib/errors.ts'

/**
 * How long a password withstands guessing (zxcvbn), from 0 to 4, and what would make it better. The dictionaries are
 * 50 MB of memory and an estimate takes tens of milliseconds: both belong to a thread that begins with the first
 * question, and ends when none has come for a while.
 */
export type Strength = { strength: 0 | 1 | 2 | 3 | 4; suggestions: readonly string[] }
export type PasswordStrength = {
  /** `about`: what the person is known by, which is guessed first. Throws `unavailable` where too many ask at once. */
  estimate(password: string, about: readonly string[]): Promise<Strength>
  /** Ends the thread. */
  stop(): Promise<void>
}

/** What goes to the thread and comes back. */
export type StrengthQuestion = { id: number; password: string; about: readonly string[] }
export type StrengthAnswer = { id: number } & Strength

/** What follows can only make a password better; the effort grows with the square of the length. */
const estimatedCharacters = 64
const longestAbout = 100
const mostWaiting = 50
const idleMilliseconds = 60_000
const workerFile = new URL('./strength-worker.ts', import.meta.url)

type Waiting = { resolve(strength: Strength): void; reject(error: Error): void }

export function createPasswordStrength(): PasswordStrength {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let ending: NodeJS.Timeout | undefined
  let questions = 0

  const end = async () => {
    const ended = worker
    worker = undefined
    await ended?.terminate()
  }

  const begin = (): Worker => {
    // Flags of this process, such as those of a test runner, are not the thread's.
    const begun = new Worker(workerFile, { execArgv: [] })
    // It keeps no process from ending.
    begun.unref()
    begun.on('message', ({ id, ...strength }: StrengthAnswer) => {
      waiting.get(id)?.resolve(strength)
      waiting.delete(id)
    })
    const lost = (cause?: unknown) => {
      if (worker === begun) worker = undefined
      for (const { reject } of waiting.values()) reject(away(cause))
      waiting.clear()
    }
    begun.on('error', lost)
    begun.on('exit', () => lost())
    return begun
  }

  return {
    async estimate(password, about) {
      if (waiting.size >= mostWaiting) throw away()
      clearTimeout(ending)
      ending = setTimeout(() => void end(), idleMilliseconds).unref()
      worker ??= begin()
      const id = (questions += 1)
      const question: StrengthQuestion = {
        id,
        password: [...password].slice(0, estimatedCharacters).join(''),
        about: about.map((text) => text.slice(0, longestAbout)),
      }
      const answer = new Promise<Strength>((resolve, reject) => waiting.set(id, { resolve, reject }))
      worker.postMessage(question)
      return answer
    },
    async stop() {
      clearTimeout(ending)
      await end()
    },
  }
}

const away = (cause?: unknown) =>
  unavailable('PASSWORD_CHECK_UNAVAILABLE', 'Passwords cannot be checked just now: try again in a moment.', { cause })
