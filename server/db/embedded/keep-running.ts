import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import type { Place } from './place.ts'
import { adoptServer, isAlive, startServer, stopServer, type Server } from './server.ts'

/** An adopted server is nobody's child, so its end is not told: it is looked for. */
const lookMilliseconds = 500

/** Starts the server again whenever it is found dead, and tries until it runs. Answers what ends both. */
export function keepRunning(place: Place, first: Server, log: Logger): () => Promise<void> {
  let running = first
  let stopping = false
  let turn = Promise.resolve()

  const look = async (): Promise<void> => {
    if (isAlive(running.pid)) return
    log.error('the embedded PostgreSQL ended and is started again')
    running = (await adoptServer(place)) ?? (await startServer(place, log))
  }
  const schedule = () =>
    setTimeout(() => {
      turn = look()
        .catch((error: unknown) => log.error({ err: error }, messageOf(error)))
        .then(() => {
          if (!stopping) timer = schedule()
        })
    }, lookMilliseconds).unref()
  let timer = schedule()

  return async () => {
    stopping = true
    clearTimeout(timer)
    await turn
    await stopServer(running)
  }
}
