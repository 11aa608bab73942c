import { readConfig } from '../config/read-config.ts'
import type { Config } from '../config/types.ts'
import { isFailure, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { createClosing, type Closing } from './closing.ts'
import { createServerLog } from './log.ts'
import { readyText } from './ready-text.ts'
import { startServer } from './start.ts'
import { createSteps } from './steps.ts'

const exitCode = { stopped: 0, failed: 1, wrongSetting: 2, interrupted: 130 } as const

/**
 * The process: reads the settings, starts, says where everything is, and ends on SIGINT or SIGTERM with exit code 0.
 * What keeps it from starting is one sentence on standard error, with exit code 2 for a setting and 1 for the rest.
 */
export async function runServer(): Promise<void> {
  const config = configOrExit()
  const log = await createServerLog(config)
  const steps = await createSteps()
  const closing = createClosing(log, config.shutdownSeconds)
  const starting = startServer({ config, log, steps, closing })
  stopOnSignals({ log, closing, starting })
  try {
    const started = await starting
    steps.end()
    process.stderr.write(readyText(config, started, performance.now()))
    setTimeout(collectGarbage, settledMilliseconds).unref()
  } catch (error) {
    steps.end()
    await closing.closeAll()
    tell(error, log)
    process.exit(isFailure(error) && error.kind === 'invalid' ? exitCode.wrongSetting : exitCode.failed)
  }
}

function configOrExit(): Config {
  try {
    return readConfig()
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exit(exitCode.wrongSetting)
  }
}

/** A failure is told in its sentence; anything else is a defect, and its stack is what helps. */
function tell(error: unknown, log: Logger): void {
  if (isFailure(error)) process.stderr.write(`${error.message}\n`)
  else log.fatal({ err: error }, `Berth cannot start: ${messageOf(error)}`)
}

/** By then the first passes, watches and jobs of a start are through. */
const settledMilliseconds = 5_000

/**
 * Gives back what the start alone needed, which a process that mostly waits would keep until its heap fills. Once, and
 * only where Node.js was started with `--expose-gc`, as `npm start` does: it stops the process for some 50 ms.
 */
function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort' })
}

type Stoppable = { log: Logger; closing: Closing; starting: Promise<unknown> }

/** A terminal sends Ctrl-C to npm and to the server, and npm sends it on: what comes this soon is the same one. */
const sameSignalMilliseconds = 500

/** The first signal stops everything in order, also in the middle of the start; a second one does not wait for it. */
function stopOnSignals({ log, closing, starting }: Stoppable): void {
  let asked: number | undefined
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (asked !== undefined && performance.now() - asked < sameSignalMilliseconds) return
    if (asked !== undefined) process.exit(exitCode.interrupted)
    asked = performance.now()
    process.stderr.write(`\n${signal}: stopping\n`)
    // A start that fails now closes by itself; it must not open things behind the closing.
    await starting.catch(() => {})
    const clean = await closing.closeAll()
    log.flush()
    process.exit(clean ? exitCode.stopped : exitCode.failed)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal))
}
