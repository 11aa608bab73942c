import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { conflict, messageOf, unavailable } from '../lib/errors.ts'
import { processMark, runningProcess } from './process-mark.ts'

/** The folder of everything that the embedded parts keep. One server at a time has it. */
export type DataDirectory = { readonly path: string; release(): void }

/**
 * Makes the folder and takes it. A lock that a killed server left is taken over. Throws `conflict` where another server
 * runs on the folder, `unavailable` where it cannot be written.
 */
export function openDataDirectory(path: string): DataDirectory {
  const file = join(path, 'server.lock')
  try {
    makeFolder(path)
  } catch (cause) {
    const example = 'BERTH_DATA_DIR=/var/lib/berth'
    const sentence = `The data directory ${path} cannot be made (${messageOf(cause)}): name another one, for example ${example}.`
    throw unavailable('DATA_DIRECTORY', sentence, { cause })
  }
  const own = processMark(process.pid)
  for (let attempt = 0; ; attempt += 1) {
    if (write(file, own)) break
    const holder = read(file)
    if (attempt > 3 || runningProcess(holder) !== undefined) throw taken(path, holder)
    rmSync(file, { force: true })
  }
  return {
    path,
    release() {
      if (read(file) === own) rmSync(file, { force: true })
    },
  }
}

/**
 * With the folders above it. Node's own `recursive` tries for ever, deaf to signals, where a folder that exists answers
 * ENOENT to whatever is made in it, as those of /proc do.
 */
function makeFolder(path: string): void {
  const above = dirname(path)
  if (!existsSync(above)) makeFolder(above)
  try {
    // Others may pass through: the embedded database runs as a user of its own where Berth runs as root.
    mkdirSync(path, { mode: 0o711 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  }
}

const taken = (path: string, holder: string | undefined) =>
  conflict(
    'DATA_DIRECTORY_IN_USE',
    `Another Berth (process ${holder?.split(' ')[0] ?? 'unknown'}) runs on the data directory ${path}: ` +
      'stop it, or name another folder, for example BERTH_DATA_DIR=./.berth-2.',
  )

/** Exclusively: whether the file was not there before. */
function write(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw unavailable('DATA_DIRECTORY', `The data directory cannot be written: ${messageOf(error)}.`, { cause: error })
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
