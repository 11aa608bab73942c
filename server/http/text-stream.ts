import type { IncomingMessage, ServerResponse } from 'node:http'
import { drained, endWithGuard } from './sse.ts'

/** A file that is sent while it is read from the database: no more of it is in memory than its reader is behind. */
export type TextStream = {
  /** Aborted when nobody reads any more, the server stops, or the right to read was taken back. */
  readonly signal: AbortSignal
  /** Settles when the reader keeps up; at once where nobody reads any more. */
  send(text: string): Promise<void>
  /** The end of a complete file. What is not ended is cut off, which every client notices. */
  end(): void
}

export function textStream(
  response: ServerResponse,
  request: IncomingMessage,
  { mediaType, fileName }: { mediaType: string; fileName: string },
): TextStream {
  const over = new AbortController()
  response.once('close', () => over.abort())
  response.writeHead(200, {
    'Content-Type': mediaType,
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'Cache-Control': 'no-store',
  })
  endWithGuard(request, over.signal, () => void response.destroy())
  return {
    signal: over.signal,
    async send(text) {
      if (text === '' || over.signal.aborted) return
      if (!response.write(text)) await drained(response, over.signal)
    },
    end: () => void response.end(),
  }
}
