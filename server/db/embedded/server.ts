import { spawn } from 'node:child_process'
import { open, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { conflict } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import { choosePort, dataOf, readConnection, superuser } from './data-directory.ts'
import type { Place } from './place.ts'
import { settings } from './settings.ts'

export type Server = { pid: number; url: string }

/** How often a process or a file is looked at that cannot be waited for. */
const lookMilliseconds = 10
/** Recovery after a crash replays at most some hundred megabytes. */
const startMilliseconds = 60_000
const stopMilliseconds = 20_000

/**
 * The server that runs on the folder, once it lets us in: it may be starting, recovering from a crash, or stopping (then
 * undefined). A note that a dead server left is removed, as its number may be another process's now.
 */
export async function adoptServer(place: Place): Promise<Server | undefined> {
  const deadline = Date.now() + startMilliseconds
  for (let pid = await runningPid(place); pid; pid = await runningPid(place)) {
    const port = Number((await readPidFile(place))[3])
    const url = urlOf((await readConnection(place)).password, port)
    if (port && (await letsIn(url))) return { pid, url }
    if (Date.now() > deadline) throw failed(place, `process ${pid} runs on it and lets nobody in`)
    await pause(lookMilliseconds)
  }
  return undefined
}

/** Starts it, in a session of its own, and waits until it lets us in. */
export async function startServer(place: Place, log: Logger): Promise<Server> {
  const port = await choosePort(place)
  const logFile = await open(join(place.home, 'postgres.log'), 'w', 0o600)
  const child = spawn(join(place.binaries, 'bin', 'postgres'), ['-D', dataOf(place), ...settings(port)], {
    ...place.user,
    cwd: place.home,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  })
  const { promise: ended, resolve: end } = Promise.withResolvers<true>()
  child.once('error', () => end(true)).once('exit', () => end(true))
  await logFile.close()
  for (const deadline = Date.now() + startMilliseconds; Date.now() < deadline;) {
    if (await Promise.race([ended, pause(lookMilliseconds, false)])) throw await failedAsLogged(place)
    const [pid, , , , , , , status] = await readPidFile(place)
    if (child.pid === undefined || Number(pid) !== child.pid || status?.trim() !== 'ready') continue
    child.unref()
    void ended.then(() => log.info('the embedded PostgreSQL ended'))
    return { pid: child.pid, url: urlOf((await readConnection(place)).password, port) }
  }
  child.kill('SIGQUIT')
  throw await failedAsLogged(place)
}

/** Fast, as PostgreSQL calls it: rolls back what is open, writes everything, ends. Harsher when that takes too long. */
export async function stopServer({ pid }: Server): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return
    process.kill(pid, signal)
    for (const deadline = Date.now() + stopMilliseconds; isAlive(pid) && Date.now() < deadline;) {
      await pause(lookMilliseconds)
    }
  }
}

const urlOf = (password: string, port: number): string =>
  `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`

/** False while it refuses everybody; throws where it refuses us. */
async function letsIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    return true
  } catch (error) {
    const code = (error as { code?: unknown }).code
    // 57P03: starting up, recovering or shutting down.
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === '57P03') return false
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}

async function runningPid(place: Place): Promise<number | undefined> {
  const pid = Number((await readPidFile(place))[0])
  if (!pid) return undefined
  if (isAlive(pid) && (await worksIn(pid, dataOf(place)))) return pid
  await rm(pidFile(place), { force: true })
  return undefined
}

/** Lines: pid, data directory, start time, port, socket folder, address, shared memory, status. */
const readPidFile = async (place: Place): Promise<string[]> =>
  (await readFile(pidFile(place), 'utf8').catch(() => '')).split('\n')
const pidFile = (place: Place): string => join(dataOf(place), 'postmaster.pid')

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** PostgreSQL's working directory is its data directory. Where there is no /proc, its number has to do. */
async function worksIn(pid: number, directory: string): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const working = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return working === (await realpath(directory))
}

async function failedAsLogged(place: Place) {
  const logged = (await readFile(join(place.home, 'postgres.log'), 'utf8')).split('\n')
  const told = logged.filter((line) => /FATAL|PANIC|HINT|error while loading/.test(line)).map((line) => line.trim())
  return failed(place, told.join(' ') || 'it ended without a word')
}

const failed = (place: Place, reason: string) =>
  conflict('EMBEDDED_POSTGRES_FAILED', `The embedded database in ${place.home} does not start: ${reason}`)
