import http from 'node:http'
import https from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../lib/log.ts'
import { messageOf } from '../lib/errors.ts'
import type { Connection, ReadConnection } from './connection.ts'

/** A connection with its pools of sockets. Requests and watches do not share one: watches would occupy it for ever. */
export type Session = {
  connection: Connection
  requests: http.Agent
  streams: http.Agent
}

export type Sessions = {
  current(): Promise<Session>
  /** After a 401 in `failed`: the credentials read anew, at most once in 5 seconds. */
  renewed(failed: Session): Promise<Session>
  close(): void
}

/** The kubelet renews a token long before it expires, and exec credentials tell their age: a minute is often enough. */
const rereadMilliseconds = 60_000
const renewMilliseconds = 5_000

export type SessionOptions = { log: Logger; maxConnections: number }

/** Keeps one session, renewing its credentials by age and on demand. Opens nothing before the first request. */
export function createSessions(read: ReadConnection, { log, maxConnections }: SessionOptions): Sessions {
  let session: Session | undefined
  let readAt = 0
  let reading: Promise<Session> | undefined

  const reread = async (): Promise<Session> => {
    readAt = Date.now()
    try {
      const connection = await read()
      const kept = session
      if (kept && sameServer(kept.connection, connection)) {
        session = { ...kept, connection }
      } else {
        session = openSession(connection, maxConnections)
        if (kept) dropIdleSockets(kept)
      }
      return session
    } catch (error) {
      // What was read before may still work, and a file can be seen half-written.
      if (!session) throw error
      log.warn({ reason: messageOf(error) }, 'The credentials of the cluster could not be read again.')
      return session
    }
  }
  const rereadOnce = (): Promise<Session> => {
    reading ??= reread().finally(() => (reading = undefined))
    return reading
  }

  return {
    current: async () => {
      if (!session) return rereadOnce()
      if (session.connection.rotates && Date.now() - readAt > rereadMilliseconds) return rereadOnce()
      return session
    },
    renewed: async (failed) => {
      if (session && session !== failed) return session
      if (session && !reading && Date.now() - readAt < renewMilliseconds) return session
      return rereadOnce()
    },
    close: () => {
      session?.requests.destroy()
      session?.streams.destroy()
    },
  }
}

const sameServer = (one: Connection, other: Connection): boolean =>
  one.url.href === other.url.href &&
  one.agent === undefined &&
  other.agent === undefined &&
  isDeepStrictEqual(one.tls, other.tls)

function openSession(connection: Connection, maxConnections: number): Session {
  if (connection.agent) return { connection, requests: connection.agent, streams: connection.agent }
  const { Agent } = connection.url.protocol === 'https:' ? https : http
  return {
    connection,
    // An idle socket is given up before a load balancer in between would (the usual limit is 60 seconds).
    requests: new Agent({ keepAlive: true, maxSockets: maxConnections, timeout: 50_000, ...connection.tls }),
    streams: new Agent(connection.tls),
  }
}

/** Closes what nobody uses now; a request under way keeps its socket. */
export function dropIdleSockets({ requests }: Session): void {
  for (const sockets of Object.values(requests.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
