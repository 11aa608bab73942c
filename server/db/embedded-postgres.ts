import type { Logger } from '../lib/log.ts'
import { createDataDirectory } from './embedded/data-directory.ts'
import { findPlace } from './embedded/place.ts'
import { adoptServer, startServer, stopServer } from './embedded/server.ts'

/** A PostgreSQL that belongs to one folder. */
export type EmbeddedPostgres = {
  /** With its password: not to be shown. */
  url: string
  /** Whether it ran already: left by a process that was killed, or another one's. */
  adopted: boolean
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
  if (running) return { url: running.url, adopted: true, stop: () => stopServer(running) }
  await createDataDirectory(place)
  const started = await startServer(place, log)
  return { url: started.url, adopted: false, stop: () => stopServer(started) }
}
