import { hashPassword } from '../server/features/auth/passwords.ts'
import { rateOf } from './load.ts'
import { signedUp, startOwnServer } from './own-server.ts'
import { inParallel } from './parallel.ts'
import { median, verdict } from './report.ts'

/** Logins a second against bare Argon2id hashes a second, in turns: everything that is not the hash is overhead. */
const rounds = Number(process.env['BERTH_BENCH_ROUNDS'] ?? 7)
const logins = 200
/** As many as hash at a time: the threads that Node.js works such things in. */
const concurrency = 4

export async function login(): Promise<void> {
  const server = await startOwnServer()
  try {
    const { email, password } = await signedUp(server.url)
    const load = {
      url: `${server.url}/api/v1/auth/login`,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password, tokenDelivery: 'body' }),
    } as const
    const [berth, bare]: [number[], number[]] = [[], []]
    await rateOf(load, logins, concurrency)
    for (let round = 0; round < rounds; round++) {
      berth.push(await rateOf(load, logins, concurrency))
      bare.push(await hashesASecond(password))
    }
    console.log(`logins a second:  ${berth.map((rate) => rate.toFixed(0)).join(' ')}`)
    console.log(`hashes a second:  ${bare.map((rate) => rate.toFixed(0)).join(' ')}`)
    verdict('login', median(berth) / median(bare), '>=0.90')
  } finally {
    await server.stop()
  }
}

async function hashesASecond(password: string): Promise<number> {
  const began = performance.now()
  await inParallel(Array.from({ length: logins }), concurrency, () => hashPassword(password))
  return logins / ((performance.now() - began) / 1_000)
}
