import { readFileSync } from 'node:fs'

/**
 * The process's number and, on Linux, when it started: numbers come again, in a new container even the same ones.
 * Written into a file, it tells a later process whether the one that wrote it still runs.
 */
export function processMark(pid: number): string {
  const stat = statOf(pid)
  // The second field is the program's name in brackets, with any letters in it; the 22nd of all is the start.
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return started === undefined ? String(pid) : `${pid} ${started}`
}

/** The number of the process that the mark names, if that very process still runs. */
export function runningProcess(mark: string | undefined): number | undefined {
  const pid = Number(mark?.split(' ')[0])
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process runs too.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  return processMark(pid) === mark ? pid : undefined
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
}
