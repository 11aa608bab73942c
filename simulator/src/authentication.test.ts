/** Who is let in, as a client meets it: a simulator with a token, and what one without answers to a browser's page. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { startSimulator } from './index.ts'

const token = 'a-token-that-nobody-guesses'
type Kubeconfig = {
  clusters: [{ cluster: { server: string; 'certificate-authority-data'?: string } }]
  users: [{ user: { token?: string } }]
}
const clusterOf = (kubeconfig: string) => (parse(kubeconfig) as Kubeconfig).clusters[0].cluster
const tokenOf = (kubeconfig: string) => (parse(kubeconfig) as Kubeconfig).users[0].user.token

type Asked = { kubeconfig: string; path: string; method?: string; headers?: Record<string, string> }

/** The answer to a request that trusts what the kubeconfig says, and carries only the headers given here. */
async function ask({
  kubeconfig,
  path,
  method = 'GET',
  headers = {},
}: Asked): Promise<{ code?: number; body: unknown }> {
  const { server, 'certificate-authority-data': authority = '' } = clusterOf(kubeconfig)
  const url = new URL(server + path)
  const ca = Buffer.from(authority, 'base64')
  const request =
    url.protocol === 'https:' ? secureRequest(url, { method, headers, ca }) : plainRequest(url, { method, headers })
  request.end(method === 'POST' ? '{"kind":"unreachable"}' : undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const body = response.headers['content-type'] === 'application/json' ? await json(response) : response.resume()
  return { ...(response.statusCode !== undefined && { code: response.statusCode }), body }
}

async function start(options: { token?: string }): Promise<string> {
  const simulator = await startSimulator({ nodes: 0, ...options })
  onTestFinished(() => simulator.stop())
  return simulator.kubeconfig()
}

test('nobody without the token reads a secret, injects a fault or learns what there is', async () => {
  const kubeconfig = await start({ token })
  for (const [method, path] of [
    ['GET', '/api/v1/secrets'],
    ['GET', '/api'],
    ['GET', '/version'],
    ['GET', '/openapi/v2'],
    ['GET', '/nowhere'],
    ['GET', '/simulator/state'],
    ['POST', '/simulator/faults'],
  ] as const) {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: token }] as Record<
      string,
      string
    >[]) {
      expect(await ask({ kubeconfig, path, method, headers }), `${method} ${path}`).toMatchObject({
        code: 401,
        body: { kind: 'Status', status: 'Failure', reason: 'Unauthorized', message: 'Unauthorized', code: 401 },
      })
    }
  }
  const headers = { authorization: `Bearer ${token}` }
  expect(await ask({ kubeconfig, path: '/api/v1/secrets', headers })).toMatchObject({ body: { kind: 'SecretList' } })
  expect(await ask({ kubeconfig, path: '/simulator/faults', headers })).toMatchObject({ body: { items: [] } })
  expect(await ask({ kubeconfig, path: '/readyz' })).toMatchObject({ code: 200 })
})

test('a restart with the same token is the same server to whom kept the kubeconfig', async () => {
  const trusted = (kubeconfig: string) => clusterOf(kubeconfig)['certificate-authority-data']
  expect(trusted(await start({ token }))).toBe(trusted(await start({ token })))
  expect(trusted(await start({ token }))).not.toBe(trusted(await start({ token: `${token}2` })))
})

test('without a token, a page whose name leads to this machine reads nothing', async () => {
  const kubeconfig = await start({})
  for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    expect(await ask({ kubeconfig, path: '/simulator/state', headers: { host } })).toMatchObject({
      code: 403,
      body: { kind: 'Status', reason: 'Forbidden', message: expect.stringContaining(`not to "${host}"`) as string },
    })
  }
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:8080']) {
    expect(await ask({ kubeconfig, path: '/simulator/state', headers: { host } })).toMatchObject({ code: 200 })
  }
})

type Run = { said: string; kubeconfig: string; mode: number }

/** The program, until it says where it is; its kubeconfig takes the place of one that others may read. */
async function run(options: readonly string[], input = ''): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-access-'))
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, '')
  chmodSync(file, 0o644)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--kubeconfig', file, ...options])
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill()
    await ended
    rmSync(folder, { recursive: true })
  })
  child.stdin.end(input)
  const said = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]).then(String)
  return { said, kubeconfig: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 }
}

test('the program makes a token that only its owner can read, takes one by standard input, or is told to be open', async () => {
  const made = await run([])
  expect(tokenOf(made.kubeconfig)).toMatch(/^[\w-]{43}$/)
  expect(made.mode).toBe(0o600)
  expect(made.said).not.toContain(tokenOf(made.kubeconfig))
  expect(await ask({ kubeconfig: made.kubeconfig, path: '/api' })).toMatchObject({ code: 401 })

  expect(tokenOf((await run(['--token-stdin'], `${token}\n`)).kubeconfig)).toBe(token)
  expect((await run(['--token-stdin'], 'short')).said).toMatch(/^kubernetes-simulator: standard input must hold/)

  const open = await run(['--open'])
  expect(await ask({ kubeconfig: open.kubeconfig, path: '/simulator/state' })).toMatchObject({ code: 200 })
})
