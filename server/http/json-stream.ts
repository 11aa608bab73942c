import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { status } from './status.ts'

/**
 * Answers with a JSON document that is written as it is read, so that a large one needs no memory. `parts` are its
 * pieces, in order. Where they fail halfway the answer is cut: what came is not JSON then, and taken for nothing whole.
 */
export async function sendJsonStream(
  response: ServerResponse,
  { fileName }: { fileName: string },
  parts: AsyncIterable<string>,
): Promise<void> {
  response.writeHead(status.ok, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Disposition': `attachment; filename="${fileName}"`,
  })
  try {
    await pipeline(Readable.from(parts, { objectMode: true, highWaterMark: 1 }), response)
  } catch (error) {
    // A reader that went away is no failure of ours.
    if (!isClosedByReader(error)) throw error
  }
}

const isClosedByReader = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
