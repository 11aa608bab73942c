import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

/**
 * No secret is logged, in the whole suite: what every server of a run logs is kept, and so is every secret that a test
 * sends or is given. At the end of the run the first is searched for the second.
 */

const secretFields = new Set([
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'challenge',
  'secret',
  'recoveryCode',
  'recoveryCodes',
  'connectionString',
])
/** Shorter ones are words that stand in many lines for other reasons. */
const shortestSecret = 12

const [logs, secrets] = ['logs', 'secrets']
const files = (folder: string, kind: string) => join(folder, kind)

export function openLogWatch(folder: string): void {
  for (const kind of [logs, secrets]) mkdirSync(files(folder, kind))
}

/** Text that some server logged. */
export const keepLog = (text: string): void => keep(logs, text)

/** Every secret within a body that was sent or answered, by the names of its fields. */
export function keepSecrets(body: unknown): void {
  for (const secret of secretsIn(body)) keep(secrets, `${JSON.stringify(secret)}\n`)
}

function keep(kind: string, text: string): void {
  appendFileSync(join(files(inject('databaseFolder'), kind), String(process.pid)), text)
}

function secretsIn(value: unknown, secret = false): string[] {
  if (typeof value === 'string') return secret && value.length >= shortestSecret ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, secret))
  return Object.entries(value).flatMap(([name, inner]) => secretsIn(inner, secretFields.has(name)))
}

/** Throws with the line, its secret left out, where one was logged. */
export function assertNoSecretLogged(folder: string): void {
  const known = [...new Set(readAll(files(folder, secrets)).split('\n'))]
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string)
  for (const line of readAll(files(folder, logs)).split('\n')) {
    const found = known.find((secret) => line.includes(secret))
    if (found !== undefined)
      throw new Error(`a secret was logged: ${line.replaceAll(found, '‹the secret›').slice(0, 500)}`)
  }
}

const readAll = (folder: string): string =>
  existsSync(folder)
    ? readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n')
    : ''
