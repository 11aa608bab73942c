import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { rateOf, type Load } from './load.ts'
import { signedUp, startOwnServer } from './own-server.ts'
import { median, verdict } from './report.ts'

/** `GET /me` against a bare Express route that makes the same queries through pg, in turns. */
const rounds = Number(process.env['BERTH_BENCH_ROUNDS'] ?? 7)
const requests = 3_000
const concurrency = 16

export async function getMe(): Promise<void> {
  const server = await startOwnServer()
  try {
    const { accessToken } = await signedUp(server.url)
    const peer = await startPeer(server.databaseUrl, sessionOf(accessToken))
    try {
      const headers = { Authorization: `Bearer ${accessToken}` }
      await compare(
        { url: `${server.url}/api/v1/me`, method: 'GET', headers },
        { url: `${peer.url}/me`, method: 'GET', headers: {} },
      )
    } finally {
      await peer.stop()
    }
  } finally {
    await server.stop()
  }
}

async function compare(ours: Load, bare: Load): Promise<void> {
  const [berth, express]: [number[], number[]] = [[], []]
  for (const load of [ours, bare]) await rateOf(load, requests, concurrency)
  for (let round = 0; round < rounds; round++) {
    berth.push(await rateOf(ours, requests, concurrency))
    express.push(await rateOf(bare, requests, concurrency))
  }
  console.log(`Berth, requests a second:         ${berth.map((rate) => rate.toFixed(0)).join(' ')}`)
  console.log(`bare Express, requests a second:  ${express.map((rate) => rate.toFixed(0)).join(' ')}`)
  verdict('get-me', median(berth) / median(express), '>=0.60')
}

/** The claim `sid` of the token (RFC 7519, section 3). */
function sessionOf(accessToken: string): string {
  const [, payload = ''] = accessToken.split('.')
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string }).sid
}

/** A process of its own, as Berth is one. */
async function startPeer(databaseUrl: string, sessionId: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peers/get-me.ts'), databaseUrl, sessionId], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    url: `http://127.0.0.1:${port.toString().trim()}`,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
