import type { IncomingMessage } from 'node:http'
import { errorFromStatus, kubeError } from './errors.ts'
import type { KubeObject } from './object.ts'
import { asObject, parseJson } from './parse.ts'

/** One line of a watch, with ERROR already turned into an exception. */
export type WatchLine = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject }

const newline = 0x0a

/**
 * Reads a watch's body, one JSON document a line, until the server ends it. Throws a KubeError: `timeout` when nothing
 * came for so long, `unreachable` when the connection broke, what the server said in an ERROR line (`gone` for 410).
 */
export function readWatchLines(
  response: IncomingMessage,
  idleMilliseconds: number,
  onLine: (line: WatchLine) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest: Buffer[] = []
    const idle = setTimeout(() => {
      response.destroy(kubeError('timeout', `A watch was silent for ${idleMilliseconds / 1000} seconds.`))
    }, idleMilliseconds)
    const readChunk = (chunk: Buffer) => {
      let from = 0
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8')
        rest = []
        from = end + 1
        if (line.trim() !== '') onLine(parseLine(line))
      }
      // What is left of a line is copied: a slice would keep the whole chunk alive.
      if (from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)))
    }
    response.on('data', (chunk: Buffer) => {
      idle.refresh()
      try {
        readChunk(chunk)
      } catch (error) {
        response.destroy(error instanceof Error ? error : new Error(String(error)))
      }
    })
    response.on('end', () => {
      clearTimeout(idle)
      resolve()
    })
    response.on('error', (error) => {
      clearTimeout(idle)
      reject(error)
    })
  })
}

type RawLine = { type?: unknown; object?: unknown }

function parseLine(line: string): WatchLine {
  const { type, object } = parseJson(line) as RawLine
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type, object: asObject(object) }
    case 'ERROR': {
      const status = (object ?? {}) as { code?: number; message?: string; reason?: string }
      throw errorFromStatus(status, status.code ?? 500)
    }
    default:
      throw kubeError('server', `A watch sent a line of unknown type: ${line.slice(0, 100)}`)
  }
}
