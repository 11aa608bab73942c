import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createKubeClient, type KubeClient } from '../kube/client.ts'
import { createLog } from '../lib/log.ts'
import { eventually } from '../test/eventually.ts'
import { runningProcess } from './process-mark.ts'

/** `npm start` as it is: a process with an embedded database and a simulated cluster of its own. */

const program = join(import.meta.dirname, '../main.ts')
const folder = mkdtempSync(join(tmpdir(), 'berth-process-'))
// The embedded PostgreSQL runs as a user of its own under root, and must pass through.
chmodSync(folder, 0o711)
const dataDirectory = join(folder, 'data')
const kubeconfig = join(dataDirectory, 'simulator', 'kubeconfig')

type Run = { child: ChildProcess; said: () => string; ended: Promise<number | null> }

function run(env: Record<string, string> = {}): Run {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [program], {
    env: { PATH, HOME, PORT: '0', HOST: '127.0.0.1', BERTH_DATA_DIR: dataDirectory, BERTH_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  // A test that fails must not leave the data directory taken.
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, said: () => text, ended }
}

const ready = async ({ child, said }: Run): Promise<string> =>
  eventually(
    () => {
      if (child.exitCode !== null) throw new Error(said())
      return /API\s+(http:\S+)\/api\/v1/.exec(said())?.[1]
    },
    { deadlineMs: 60_000 },
  )

const cluster = (): KubeClient => createKubeClient({ kubeconfigFile: kubeconfig }, { log: createLog('silent') })

/** What opens the simulated cluster, after a look at who may read it. */
function simulatorToken(): string {
  const token = readFileSync(join(dataDirectory, 'simulator', 'token'), 'utf8').trim()
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(readFileSync(kubeconfig, 'utf8')).toContain(`"token":"${token}"`)
  for (const name of ['token', 'kubeconfig'])
    expect(statSync(join(dataDirectory, 'simulator', name)).mode & 0o777).toBe(0o600)
  return token
}

const simulatorProcess = () => runningProcess(readFileSync(join(dataDirectory, 'simulator', 'process'), 'utf8'))
const simulatorRuns = () => simulatorProcess() !== undefined

beforeAll(() => () => rmSync(folder, { recursive: true, force: true }))

/** What libpq does with a password file, by the command that the start prints; who it is then. */
async function connectAsTold(file: string, address: string): Promise<string | undefined> {
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const [host, port, , user, password] = readFileSync(file, 'utf8').trim().split(':')
  const url = new URL(address)
  expect([url.hostname, url.port, url.username, url.password]).toEqual([host, port, user, ''])
  url.password = password ?? ''
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    return (await client.query<{ name: string }>('SELECT current_database() AS name')).rows[0]?.name
  } finally {
    await client.end()
  }
}

test('the first start makes everything and tells the password; a later one finds it as it was and does not', async () => {
  const first = run()
  const url = await ready(first)
  expect(first.said()).toMatch(/Password {2,}\S{16,} \(shown this once\)/)
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ready' })
  const [, file = '', address = ''] = /PGPASSFILE=(\S+) psql (\S+)/.exec(first.said()) ?? []
  expect(await connectAsTold(file, address)).toBe('postgres')
  const services = await (await fetch(`${url}/api/v1/catalog/services`)).json()
  const before = cluster()
  const identity = await before.identity()
  before.close()
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(simulatorRuns()).toBe(false)

  const second = run()
  const again = await ready(second)
  expect(second.said()).not.toContain('Password')
  expect(await (await fetch(`${again}/api/v1/catalog/services`)).json()).toEqual(services)
  const after = cluster()
  expect(await after.identity()).toBe(identity)
  after.close()

  const third = run()
  expect(await third.ended).toBe(1)
  expect(third.said()).toMatch(/^Another Berth \(process \d+\) runs on the data directory .*\.\n$/)

  // Ctrl-C as npm gives it: from the terminal and once more from npm.
  second.child.kill('SIGINT')
  second.child.kill('SIGINT')
  expect(await second.ended).toBe(0)
})

test('nobody else gets at the simulated cluster: its token is in no list of processes, and survives its restart', async () => {
  const running = run()
  await ready(running)
  const token = simulatorToken()
  const pid = simulatorProcess() ?? expect.unreachable('the simulated cluster does not run')
  expect(execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })).not.toContain(token)
  const client = cluster()
  const identity = await client.identity()
  process.kill(pid, 'SIGKILL')
  await eventually(() => ![undefined, pid].includes(simulatorProcess()), { deadlineMs: 30_000 })
  expect(await client.identity()).toBe(identity)
  client.close()
  expect(simulatorToken()).toBe(token)
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})

test('kill -9 leaves no simulated cluster behind, and the next start takes the database over', async () => {
  const first = run()
  await ready(first)
  first.child.kill('SIGKILL')
  await first.ended
  const second = run()
  await ready(second)
  expect(second.said()).toContain('still running from before')
  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  expect(simulatorRuns()).toBe(false)
})

const postmaster = () =>
  Number(readFileSync(join(dataDirectory, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])

test('a database that is killed is started again, and the server goes on', async () => {
  const running = run()
  const url = await ready(running)
  const killed = postmaster()
  process.kill(killed, 'SIGKILL')
  await eventually(() => postmaster() !== killed, { deadlineMs: 30_000 })
  await eventually(async () => (await fetch(`${url}/readyz`)).ok, { deadlineMs: 30_000 })
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})

test('a server ends although its database died a moment before', async () => {
  const running = run({ BERTH_SHUTDOWN_SECONDS: '5' })
  await ready(running)
  process.kill(postmaster(), 'SIGKILL')
  running.child.kill('SIGTERM')
  await running.ended
  expect(simulatorRuns()).toBe(false)
})

test('a signal in the middle of the start stops what was started already', async () => {
  const starting = run()
  await eventually(() => starting.said().includes('✓'), { deadlineMs: 60_000 })
  starting.child.kill('SIGTERM')
  expect(await starting.ended).toBe(0)
  expect(simulatorRuns()).toBe(false)
})

test.each([
  ['a wrong setting', { PORT: 'many' }, 2, /^PORT is "many", but must be a whole number from 0 to 65535; for example/],
  [
    'a database that is away',
    {
      DATABASE_URL: 'postgres://berth@127.0.0.1:1/berth',
      BERTH_ENCRYPTION_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
    },
    1,
    /^The database cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1/m,
  ],
  [
    'a data directory where none can be made',
    { BERTH_DATA_DIR: '/proc/nope/berth' },
    1,
    /^The data directory \/proc\/nope\/berth cannot be made \(E.*\): name another one, for example BERTH_DATA_DIR=\S+\.\n$/,
  ],
  ['a kubeconfig that is none', { KUBECONFIG: program }, 2, /^KUBECONFIG does not lead to a cluster: /m],
])('%s ends the start with a sentence and no stack', async (_, env, code, sentence) => {
  const failed = run(env)
  expect(await failed.ended).toBe(code)
  expect(failed.said()).toMatch(sentence)
  expect(failed.said()).not.toMatch(/^\s+at /m)
})

test('a port in use ends the start before anything else is started', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const failed = run({ PORT: String(port) })
  expect(await failed.ended).toBe(1)
  expect(failed.said()).toBe(
    `Port ${port} is in use by another program: choose a free one, for example PORT=${port + 1}.\n`,
  )
})

test('a cluster that is away is no reason not to start', async () => {
  const file = join(folder, 'away')
  writeFileSync(file, readFileSync(kubeconfig, 'utf8').replace(/server: .*/, 'server: http://127.0.0.1:1'))
  const started = run({ KUBECONFIG: file })
  const url = await ready(started)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  started.child.kill('SIGTERM')
  expect(await started.ended).toBe(0)
})
