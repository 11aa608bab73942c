import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Client } from './client.ts'
import { apiError } from './problem.ts'

/** One event of a stream. `data` is what the server wrote as JSON. */
export type StreamedEvent = { readonly id: string | undefined; readonly type: string; readonly data: unknown }

export type FollowOptions = {
  /** Called for one event after the other; the next one waits until it is done. */
  onEvent: (event: StreamedEvent) => void | Promise<void>
  /** Ends the following; without it, it goes on until the server refuses. */
  signal?: AbortSignal
  /** Resumes after this event. */
  lastEventId?: string
  path?: string
  /** Told each time that the stream was lost and will be opened again. */
  onReconnect?: (cause: unknown) => void
}

const firstPauseMilliseconds = 500
const longestPauseMilliseconds = 15_000
/** The server sends a comment every 15 seconds: a stream that is silent for longer than this is dead. */
const silenceMilliseconds = 45_000
const serverTrouble = 500
const tooManyRequests = 429

/**
 * Follows the live events and never misses one: a lost stream is opened again after the last event that was seen.
 * Resolves when `signal` aborts. Throws an `ApiError` where the server refuses (a 4xx), and whatever `onEvent` throws.
 */
export async function followEvents(client: Pick<Client, 'baseUrl' | 'fetch'>, options: FollowOptions): Promise<void> {
  const { signal = new AbortController().signal, onReconnect } = options
  const position = { lastEventId: options.lastEventId, pause: firstPauseMilliseconds, shortest: firstPauseMilliseconds }
  while (!signal.aborted) {
    const lost = await readStream(client, options, signal, position)
    if (signal.aborted) return
    onReconnect?.(lost)
    await pauseFor(position.pause * (0.5 + Math.random()), signal)
    position.pause = Math.min(position.pause * 2, longestPauseMilliseconds)
  }
}

/** `shortest` is the pause that the server asks for; each failure in a row doubles it. */
type Position = { lastEventId: string | undefined; pause: number; shortest: number }

/** Reads one connection to its end; answers why it ended. */
async function readStream(
  client: Pick<Client, 'baseUrl' | 'fetch'>,
  { onEvent, path = '/api/v1/events' }: FollowOptions,
  signal: AbortSignal,
  position: Position,
): Promise<unknown> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), silenceMilliseconds)
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMilliseconds)
  }
  const over = AbortSignal.any([signal, silence.signal])
  const handled = { failed: false }
  let stop = (): void => {}
  try {
    const response = await open(client, path, position.lastEventId, over)
    if (!response.body) return 'the answer had no body'
    const parser = new EventSourceParserStream({
      onComment: heard,
      onRetry: (milliseconds) => void (position.pause = milliseconds),
    })
    const reader = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(parser).getReader()
    // The signal of a fetch is held weakly: once its request is collected, aborting no longer ends the body by itself.
    over.addEventListener('abort', (stop = () => void reader.cancel().catch(() => {})), { once: true })
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { id, event = 'message', data } = next.value
      heard()
      handled.failed = true
      await onEvent({ id, type: event, data: JSON.parse(data) as unknown })
      handled.failed = false
      position.pause = firstPauseMilliseconds
      if (id !== undefined) position.lastEventId = id
    }
    return 'the server ended the stream'
  } catch (error) {
    if (handled.failed || isRefusal(error)) throw error
    return error
  } finally {
    clearTimeout(timer)
    stop()
  }
}

async function open(
  client: Pick<Client, 'baseUrl' | 'fetch'>,
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { Accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) }
  const response = await client.fetch(new Request(new URL(path, client.baseUrl), { headers, signal }))
  if (response.ok) return response
  throw apiError(response, await response.json().catch(() => undefined))
}

const isRefusal = (error: unknown): boolean => {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return false
  return error.status < serverTrouble && error.status !== tooManyRequests
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
  })
}
