import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Past this a file is refused for its size whatever it says, so that no more of it is read. */
const mostBytes = 11 * 2 ** 20

/** The Compose files of a folder and of those in it, by name; links and hidden folders are not followed. */
export function composeFiles(folder: string): string[] {
  const found: string[] = []
  const look = (inside: string): void => {
    for (const entry of readdirSync(inside, { withFileTypes: true })) {
      const path = join(inside, entry.name)
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') look(path)
      else if (entry.isFile() && /\.ya?ml$/i.test(entry.name)) found.push(relative(folder, path))
    }
  }
  look(folder)
  return found.sort()
}

export function readSome(path: string): string {
  const buffer = Buffer.alloc(Math.min(statSync(path).size, mostBytes))
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, buffer, 0, buffer.length, 0)
    return buffer.toString('utf8', 0, length)
  } finally {
    closeSync(file)
  }
}
