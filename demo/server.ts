import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The server that the demonstration talks to. `stop` ends it if the demonstration started it, and says whether it ended well. */
export type DemoServer = {
  readonly url: string
  readonly dataDirectory: string
  readonly own: boolean
  stop(): Promise<boolean>
}

const defaultUrl = 'http://localhost:3000'
/** Those of `npm start`, for a process that mostly waits: a small young generation, and a collection once it has started. */
const startFlags = ['--expose-gc', '--max-semi-space-size=2']
/** Also those of `npm start`: glibc gives freed memory back, which it otherwise keeps after what a start needed once. */
const startEnvironment = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/compiled'),
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
}
const readyMilliseconds = 60_000
const stopMilliseconds = 30_000

/**
 * The server at BERTH_URL; else the one that answers at the usual address; else one of its own, in a temporary folder
 * and on a free port. Throws where BERTH_URL is given and nothing answers there.
 */
export async function findServer(env: NodeJS.ProcessEnv): Promise<DemoServer> {
  const named = env['BERTH_URL']?.replace(/\/+$/, '')
  const url = named || defaultUrl
  const dataDirectory = env['BERTH_DATA_DIR'] || '.berth'
  if (await isReady(url)) return { url, dataDirectory, own: false, stop: async () => true }
  if (named) throw new Error(`No Berth is ready at BERTH_URL=${named}.`)
  return startServer(env)
}

/** Why BERTH_URL cannot lead to a server, in one sentence; undefined where it can. */
export function wrongUrl({ BERTH_URL: given }: NodeJS.ProcessEnv): string | undefined {
  if (!given || (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol))) return undefined
  return `BERTH_URL is "${given}", but must be an address such as ${defaultUrl}.`
}

/** A server of its own on a free port; its data in a temporary folder that goes with it, unless one is given. */
export async function startServer(env: NodeJS.ProcessEnv, keptDataDirectory?: string): Promise<DemoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-demo-'))
  const [dataDirectory, logFile] = [keptDataDirectory ?? join(folder, 'data'), join(folder, 'server.log')]
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const log = createWriteStream(logFile)
  await once(log, 'open')
  const child = spawn(process.execPath, [...startFlags, join(import.meta.dirname, '../server/main.ts')], {
    env: {
      ...startEnvironment,
      ...env,
      PORT: String(port),
      HOST: '127.0.0.1',
      BERTH_DATA_DIR: dataDirectory,
      BERTH_PUBLIC_URL: url,
    },
    // Ctrl-C reaches the demonstration, which then stops the server in order.
    detached: true,
    stdio: ['ignore', log, log],
  })
  const stop = async (): Promise<boolean> => {
    const clean = await end(child)
    if (clean) await rm(folder, { recursive: true, force: true })
    return clean
  }
  try {
    await untilReady(url, child)
  } catch (error) {
    await end(child)
    throw new Error(`The server did not start.\n${await readFile(logFile, 'utf8')}`, { cause: error })
  }
  return { url, dataDirectory, own: true, stop }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + readyMilliseconds
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`)
    if (performance.now() > deadline) throw new Error(`it was not ready within ${readyMilliseconds / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) })
    const { status } = (await response.json()) as { status?: string }
    return response.ok && status === 'ready'
  } catch {
    return false
  }
}

/** SIGTERM, and SIGKILL if that does not help. Whether it ended by itself and with exit code 0. */
async function end(child: ChildProcess): Promise<boolean> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const last = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds)
    await ended
    clearTimeout(last)
  }
  return child.exitCode === 0
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
