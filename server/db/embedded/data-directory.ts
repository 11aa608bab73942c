import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { conflict, messageOf } from '../../lib/errors.ts'
import type { Place } from './place.ts'

/** How to log in. Kept in the data directory itself, so that the two are made, moved and deleted together. */
export type Connection = { password: string; port: number }

const run = promisify(execFile)
export const superuser = 'berth'
export const dataOf = ({ home }: Place): string => join(home, 'data')
const connectionFile = (data: string): string => join(data, 'berth.json')

/**
 * Makes the data directory where there is none. It is made beside and renamed when complete, so that a start that is
 * killed leaves no half of one, and of two that start at once one wins.
 */
export async function createDataDirectory(place: Place): Promise<void> {
  const data = dataOf(place)
  if (await exists(data)) return
  const made = await mkdtemp(join(place.home, 'data.new-'))
  const passwordFile = `${made}.password`
  try {
    const password = randomBytes(24).toString('base64url')
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (place.user) await Promise.all([made, passwordFile].map((path) => giveTo(place, path)))
    await initialize(place, made, passwordFile)
    await writeConnection(made, { password, port: await freePort() })
    await rename(made, data)
  } catch (error) {
    if (!(await exists(data))) throw error
  } finally {
    await Promise.all([made, passwordFile].map((path) => rm(path, { recursive: true, force: true })))
  }
}

/** The port that it had last, if nobody else has it now; else another one, which is kept from then on. */
export async function choosePort(place: Place): Promise<number> {
  const connection = await readConnection(place)
  if (await isFree(connection.port)) return connection.port
  const port = await freePort()
  await writeConnection(dataOf(place), { ...connection, port })
  return port
}

/** Throws `conflict` where the file is damaged: without the password nobody gets in. */
export async function readConnection(place: Place): Promise<Connection> {
  const file = connectionFile(dataOf(place))
  try {
    const read: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isConnection(read)) return read
    throw new Error('it has no password and port')
  } catch (cause) {
    const message = `The embedded database's ${file} cannot be read (${messageOf(cause)}): restore it from a backup, or move the folder away to begin anew.`
    throw conflict('EMBEDDED_POSTGRES_DAMAGED', message, { cause })
  }
}

async function writeConnection(data: string, connection: Connection): Promise<void> {
  const file = connectionFile(data)
  await writeFile(`${file}.new`, JSON.stringify(connection), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/**
 * `builtin` with C.UTF-8 knows every Unicode letter, sorts by code point, and is the same on every operating system.
 */
async function initialize({ binaries, user }: Place, data: string, passwordFile: string): Promise<void> {
  const options = [
    ...['--pgdata', data, '--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--no-instructions', '--no-sync'],
  ]
  try {
    await run(join(binaries, 'bin', 'initdb'), options, { ...user, cwd: data, env: { LC_ALL: 'C', TZ: 'UTC' } })
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split('\n').at(-1)
    const message = `The embedded database could not be made in ${data}: ${said || messageOf(cause)}`
    throw conflict('EMBEDDED_POSTGRES_FAILED', message, { cause })
  }
}

const giveTo = async ({ user }: Place, path: string): Promise<void> => {
  if (user) await chown(path, user.uid, user.gid)
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined

const isConnection = (value: unknown): value is Connection =>
  typeof value === 'object' &&
  value !== null &&
  'password' in value &&
  typeof value.password === 'string' &&
  'port' in value &&
  typeof value.port === 'number'

const isFree = (port: number): Promise<boolean> => tryListening(port).then((found) => found !== undefined)

async function freePort(): Promise<number> {
  const port = await tryListening(0)
  if (port === undefined) throw new Error('this machine has no free port')
  return port
}

const tryListening = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
