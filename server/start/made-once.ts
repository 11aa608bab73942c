import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/**
 * What a file of the data directory holds, made at the first start and kept, readable by its owner alone. It is whole or
 * not there, whenever the power fails.
 */
export function madeOnce(file: string, make: () => string): string {
  if (!existsSync(file)) {
    const unfinished = `${file}.unfinished`
    writeFileSync(unfinished, `${make()}\n`, { mode: 0o600, flush: true })
    renameSync(unfinished, file)
  }
  return readFileSync(file, 'utf8').trim()
}
