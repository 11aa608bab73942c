import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../demo/server.ts'
import { startEmbeddedPostgres } from '../server/db/embedded-postgres.ts'
import { createLog } from '../server/lib/log.ts'

/** A server that answers and does nothing else, over a database whose address is known. */
export type OwnServer = { url: string; databaseUrl: string; stop(): Promise<void> }

/** Without rate limits: what is measured is one caller. */
export async function startOwnServer(): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'))
  const postgres = await startEmbeddedPostgres({ directory: join(folder, 'postgres'), log: createLog('silent') })
  const env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    BERTH_ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    BERTH_ROLES: 'api',
    BERTH_RATE_LIMITS: 'off',
    BERTH_LOG_LEVEL: 'warn',
  }
  const server = await startServer(env, join(folder, 'data'))
  return {
    url: server.url,
    databaseUrl: postgres.url,
    async stop() {
      await server.stop()
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Somebody who registered, with the access token of a sign-in. */
export async function signedUp(url: string): Promise<{ email: string; password: string; accessToken: string }> {
  const [email, password] = [
    `bench-${randomBytes(6).toString('hex')}@example.com`,
    randomBytes(18).toString('base64url'),
  ]
  await post(`${url}/api/v1/auth/register`, { email, password, name: 'Benchmark' })
  const answer = await post(`${url}/api/v1/auth/login`, { email, password, tokenDelivery: 'body' })
  return { email, password, accessToken: (answer as { accessToken: string }).accessToken }
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${await response.text()}`)
  return response.json()
}
