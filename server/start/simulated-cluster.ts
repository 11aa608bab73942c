import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalid, unavailable } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { madeOnce } from './made-once.ts'
import { processMark, runningProcess } from './process-mark.ts'
import type { StartDeps } from './start.ts'

/** The simulated cluster: a child process that journals to the data directory, so that a restart finds the same objects. */
export type SimulatedCluster = { readonly kubeconfigFile: string }

const program = join(dirname(fileURLToPath(import.meta.resolve('@berth/simulator'))), 'main.ts')
const readyMilliseconds = 20_000
const stopMilliseconds = 10_000
const restartMilliseconds = 500
const orphanMilliseconds = 20
/** Compiled code is kept between starts in the child too. */
const keepCompiled = "data:text/javascript,import{enableCompileCache}from'node:module';enableCompileCache()"

/** Starts it, and starts it again on the same port whenever it ends by itself. It ends with this process, however that ends. */
export async function startSimulatedCluster({ config, log, steps, closing }: StartDeps): Promise<SimulatedCluster> {
  const folder = join(config.dataDirectory, 'simulator')
  const kubeconfigFile = join(folder, 'kubeconfig')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const markFile = join(folder, 'process')
  await endOrphan(markFile)
  const nodes = config.simulator.nodes
  const token = tokenIn(folder)
  const options = ['--nodes', String(nodes), '--journal', join(folder, 'journal'), '--kubeconfig', kubeconfigFile]
  const runOn = (port: number) => run([...options, '--token-stdin', '--port', String(port)], token, log)
  const running = await steps.run(
    'Simulated cluster',
    () => runOn(0),
    () => `${nodes} nodes`,
  )
  let child = running.child
  let stopping = false
  const keep = (): void => {
    if (child.pid !== undefined) writeFileSync(markFile, processMark(child.pid))
    child.once('exit', (code, signal) => {
      if (stopping) return
      log.error({ code, signal }, 'the simulated cluster ended and is started again')
      setTimeout(restart, restartMilliseconds)
    })
  }
  const restart = (): void => {
    if (stopping) return
    runOn(running.port).then(
      (again) => {
        child = again.child
        keep()
      },
      (error: unknown) => {
        log.error({ err: error }, 'the simulated cluster does not start')
        setTimeout(restart, restartMilliseconds)
      },
    )
  }
  keep()
  closing.add('simulated cluster', async () => {
    stopping = true
    await end(child)
  })
  return { kubeconfigFile }
}

/** One that a killed server left is about to end by itself; its journal must be closed before another one opens it. */
async function endOrphan(markFile: string): Promise<void> {
  if (!existsSync(markFile)) return
  const mark = readFileSync(markFile, 'utf8')
  const deadline = performance.now() + stopMilliseconds
  for (let pid = runningProcess(mark); pid !== undefined; pid = runningProcess(mark)) {
    process.kill(pid, performance.now() > deadline ? 'SIGKILL' : 'SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, orphanMilliseconds))
  }
}

type Running = { child: ChildProcess; port: number }
type Ready = { ready: true; port: number }
const isReady = (message: unknown): message is Ready =>
  typeof message === 'object' && message !== null && 'ready' in message && 'port' in message

/** What lets clients in, the same after a restart. */
function tokenIn(folder: string): string {
  const file = join(folder, 'token')
  const token = madeOnce(file, () => randomBytes(32).toString('base64url'))
  if (/^[\w-]{43}$/.test(token)) return token
  throw invalid('KEY_FILE', `${file} is damaged: delete it, and the next start makes another token.`)
}

/** Resolves once it answers. Its channel is what tells it that this process is gone, also after kill -9. */
async function run(options: readonly string[], token: string, log: Logger): Promise<Running> {
  const child = fork(program, options, {
    // A session of its own, so that Ctrl-C reaches this process alone and it can be stopped last.
    detached: true,
    // The token goes by standard input: everybody can read a process's arguments.
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--import', keepCompiled],
  })
  // One that ended before it read the token is told of below.
  child.stdin?.on('error', () => {}).end(token)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
    log.warn(`simulated cluster: ${text.trimEnd()}`)
  })
  const ended = once(child, 'exit').then(() => undefined)
  const timeout = AbortSignal.timeout(readyMilliseconds)
  const message: unknown = await Promise.race([
    once(child, 'message', { signal: timeout }).then(([first]: unknown[]) => first),
    ended,
  ]).catch(() => undefined)
  if (isReady(message)) return { child, port: message.port }
  await end(child)
  throw unavailable('SIMULATOR', `The simulated cluster does not start: ${said.trim() || 'it said nothing'}.`)
}

/** SIGTERM, so that it writes its journal; SIGKILL where that does not help. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const last = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds)
  await ended
  clearTimeout(last)
}
