import type { Logger } from '../lib/log.ts'
import { createDataDirectory } from './embedded/data-directory.ts'
import { findPlace } from './embedded/place.ts'
import { keepRunning } from './embedded/keep-running.ts'
import { adoptServer, startServer, stopServer } from './embedded/server.ts'

/** A PostgreSQL that belongs to one folder. */
export type EmbeddedPostgres = {
  /** With its password: not to be shown. */
  url: string
  /** Whether it ran already: left by a process that was killed, or another one's. */
  adopted: boolean
  /** From now on it is started again whenever it ends by itself, in its folder and on its port. For its owner. */
  keepRunning: () => void
  /** Ends it: what is open is rolled back, what was committed is on disk. */
  stop: () => Promise<void>
}
type Options = { directory: string; log: Logger }

/**
 * Starts the PostgreSQL that lives in the folder, making it where there is none. It runs in a session of its own, so
 * that Ctrl-C reaches Berth alone and it can be stopped last; when Berth is killed it runs on, and the next start takes
 * it over. Its owner has the folder for itself (start/data-directory.ts); a process that finds it running for its owner
 * may use it and must not stop it.
 *
 * Throws a Failure: `unavailable` where this machine cannot run it, `conflict` EMBEDDED_POSTGRES_FAILED with PostgreSQL's
 * own words where it does not start.
 */
export async function startEmbeddedPostgres({ directory, log }: Options): Promise<EmbeddedPostgres> {
  const place = await findPlace(directory, log)
  const running = await adoptServer(place)
  if (!running) await createDataDirectory(place)
  const server = running ?? (await startServer(place, log))
  let stop = () => stopServer(server)
  return {
    url: server.url,
    adopted: running !== undefined,
    keepRunning: () => void (stop = keepRunning(place, server, log)),
    stop: () => stop(),
  }
}
