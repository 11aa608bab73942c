import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { eventually } from './eventually.ts'

/** A Redis of a test's own: Debian's `redis-server`, on a free port, with nothing kept. */
export type TestRedis = {
  readonly url: string
  /** `kill -9`. Settles when it is gone. */
  kill(): Promise<void>
  /** Stops answering without closing a connection. */
  freeze(): void
  thaw(): void
  /** Again on the same port, empty. */
  start(): Promise<void>
}

const program = 'redis-server'
/** Why there is no Redis to test with; undefined where there is one. */
export const redisMissing: string | undefined =
  spawnSync(program, ['--version']).status === 0
    ? undefined
    : 'redis-server is not installed: apt-get install redis-server'

export async function testRedis(): Promise<TestRedis> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const leave = () => child?.kill('SIGKILL')
  process.once('exit', leave)
  const start = async () => {
    const options = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', dir: '/tmp' }
    child = spawn(
      program,
      Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    )
    await eventually(() => accepts(port))
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async kill() {
      const ended = child && child.exitCode === null && child.signalCode === null && once(child, 'exit')
      child?.kill('SIGKILL')
      await ended
      process.off('exit', leave)
    },
  }
}

async function accepts(port: number): Promise<true> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
