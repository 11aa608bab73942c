import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../../config/read-config.ts'
import { createClosing } from '../../start/closing.ts'
import { startServer } from '../../start/start.ts'
import { silentSteps } from '../../start/steps.ts'
import { keepLog } from '../log-watch.ts'
import { testLog } from '../log.ts'

/** A whole Berth, with all three roles, as `npm start` runs it over a given database and cluster. */
export type Berth = {
  /** Another one after each restart. */
  url(): string
  stop(): Promise<void>
}

export type BerthProcess = Berth & {
  /** `kill -9`: nothing is closed, released or said. Settles when the process is gone. */
  kill(): Promise<void>
  /** Starts it again over the same database and cluster. */
  start(): Promise<void>
}

export type BerthOptions = {
  databaseUrl: string
  kubeconfigFile: string
  /** Further settings, by their names. */
  settings?: Readonly<Record<string, string>>
}

/** One key for all: what a killed server wrote, the next one must read. */
const encryptionKeys = `test:${Buffer.alloc(32, 7).toString('base64')}`

const environmentOf = ({ databaseUrl, kubeconfigFile, settings }: BerthOptions, dataDirectory: string) => ({
  DATABASE_URL: databaseUrl,
  KUBECONFIG: kubeconfigFile,
  BERTH_ENCRYPTION_KEYS: encryptionKeys,
  BERTH_DATA_DIR: dataDirectory,
  BERTH_ADMIN_PASSWORD: 'correct horse battery staple',
  PORT: '0',
  HOST: '127.0.0.1',
  ...settings,
})

/** In this process: quick to start, with everything in reach of a debugger. */
export async function startBerth(options: BerthOptions): Promise<Berth> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-whole-'))
  const log = testLog()
  const closing = createClosing(log)
  const config = readConfig(environmentOf(options, folder))
  try {
    const { url } = await startServer({ config, log, steps: silentSteps, closing })
    return {
      url: () => url,
      async stop() {
        await closing.closeAll()
        rmSync(folder, { recursive: true })
      },
    }
  } catch (error) {
    await closing.closeAll()
    throw error
  }
}

const program = fileURLToPath(new URL('../../main.ts', import.meta.url))
const startSeconds = 60

/** As a process of its own, which can be killed at any moment and started again. */
export async function startBerthProcess(options: BerthOptions): Promise<BerthProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-whole-'))
  const environment = environmentOf(options, folder)
  let running: { child: ChildProcess; url: string } | undefined
  const end = async (signal: NodeJS.Signals) => {
    const child = running?.child
    running = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  const start = async () => {
    running = await run(environment)
  }
  await start()
  return {
    url: () => running?.url ?? 'http://127.0.0.1:9',
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true })
    },
  }
}

/** Settles when it has told where it listens. */
async function run(environment: Readonly<Record<string, string>>): Promise<{ child: ChildProcess; url: string }> {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [program], {
    env: { PATH, HOME, BERTH_LOG_LEVEL: process.env['BERTH_TEST_LOG'] ?? 'debug', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Where this process ends first, for whatever reason, that one must not stay behind.
  const leave = () => child.kill('SIGKILL')
  process.once('exit', leave)
  child.once('exit', () => process.off('exit', leave))
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    const failed = (why: string) => reject(new Error(`Berth ${why}: ${said.slice(-2_000)}`))
    const patience = setTimeout(() => failed(`is not ready within ${startSeconds} seconds`), startSeconds * 1_000)
    const hear = (text: string) => {
      keepLog(text)
      said = (said + text).slice(-20_000)
      if (process.env['BERTH_TEST_LOG']) process.stderr.write(text)
      const ready = /API\s+(http:\S+)\/api\/v1/.exec(said)?.[1]
      if (ready === undefined) return
      clearTimeout(patience)
      resolve(ready)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('exit', () => {
      clearTimeout(patience)
      failed('ended by itself')
    })
  })
  return { child, url: url.replace('localhost', '127.0.0.1') }
}
