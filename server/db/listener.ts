import pg from 'pg'
import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'

/**
 * LISTEN on a connection of its own, shared by all channels of the process. A lost connection is made again for ever;
 * what was notified meanwhile is lost with it, so every handler is then called with '' and looks for itself.
 */
export type Listener = {
  /** Resolves once PostgreSQL listens, so that nothing notified afterwards is missed. */
  listen(channel: string, onNotify: NotifyHandler): Promise<() => Promise<void>>
  close(): Promise<void>
}
export type NotifyHandler = (payload: string) => void

const shortestDelay = 50
const longestDelay = 5_000

export function createListener({ url, log }: { url: string; log: Logger }): Listener {
  const handlers = new Map<string, Set<NotifyHandler>>()
  const closing = new AbortController()
  let connecting: Promise<pg.Client> | undefined
  /** Absent while the connection is lost. */
  let connected: pg.Client | undefined

  const notify = (channel: string, payload: string): void => {
    for (const handler of handlers.get(channel) ?? []) {
      try {
        handler(payload)
      } catch (error) {
        log.error({ err: error, channel }, `a listener of "${channel}" failed: ${messageOf(error)}`)
      }
    }
  }

  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, keepAlive: true, application_name: 'berth listen' })
    client.on('notification', ({ channel, payload }) => notify(channel, payload ?? ''))
    try {
      await client.connect()
      for (const channel of handlers.keys()) await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
    } catch (error) {
      client.on('error', () => {})
      await client.end().catch(() => {})
      throw error
    }
    connected = client
    const lost = (error?: Error): void => {
      connected = undefined
      client.removeAllListeners().on('error', () => {})
      if (closing.signal.aborted) return
      log.warn({ err: error }, 'the connection that listens to PostgreSQL was lost; making it again')
      connecting = connect()
      connecting.then(
        () => [...handlers.keys()].forEach((channel) => notify(channel, '')),
        () => {},
      )
    }
    client.once('error', lost).once('end', () => lost())
    return client
  }

  /** Tries until it is there; rejects only when the listener is closed. */
  const connect = async (): Promise<pg.Client> => {
    for (let delay = shortestDelay; ; delay = Math.min(delay * 2, longestDelay)) {
      closing.signal.throwIfAborted()
      try {
        return await open()
      } catch (error) {
        log.warn(`cannot listen to PostgreSQL yet: ${messageOf(error)}`)
      }
      await pause(delay * (0.5 + Math.random() / 2), closing.signal)
    }
  }

  /** Says it on the connection of the day: a connection made meanwhile has said it for all channels. */
  const sayListen = async (channel: string): Promise<void> => {
    for (;;) {
      const asked = (connecting ??= connect())
      const client = await asked
      try {
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
        return
      } catch (error) {
        if (connecting === asked) throw error
      }
    }
  }

  return {
    async listen(channel, onNotify) {
      const known = handlers.get(channel)
      // Two callers may hand in the same function: each gets an entry, and an end, of its own.
      const handler: NotifyHandler = (payload) => onNotify(payload)
      if (known) known.add(handler)
      else handlers.set(channel, new Set([handler]))
      await sayListen(channel)
      return async () => {
        const set = handlers.get(channel)
        if (!set?.delete(handler) || set.size > 0) return
        handlers.delete(channel)
        // A lost connection listens to nothing, and who stops does not wait for another one.
        await connected?.query(`UNLISTEN ${connected.escapeIdentifier(channel)}`).catch(() => {})
      }
    },
    async close() {
      closing.abort()
      const client = await connecting?.catch(() => undefined)
      await client?.end().catch(() => {})
    },
  }
}

/** Resolves after so many milliseconds, or at once when the signal aborts. Holds no process open. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
