import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import { startBerthProcess, type BerthProcess } from './berth.ts'
import { signUp, small, uuidOf, type Customer, type Operation, type Page, type Subscription } from './customer.ts'
import { isNoWatch, isWrite, openGate, type Gate, type Moment } from './gate.ts'
import { claimOf, inventory, isGone, objectsOf } from './objects.ts'
import { seesWorkers, setStage, type Stage } from './stage.ts'

/**
 * `kill -9` of the server at every step that changes the cluster, just before and just after it: whoever starts it
 * again finds the same end. Nothing is lost, doubled or left behind.
 */
describe.each(kubernetesTargets())('kill -9 of the server, on the $name', { timeout: 400_000 }, ({ name, start }) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-crash-'))
  let stage: Stage
  let gate: Gate
  let berth: BerthProcess
  let customer: Customer
  beforeAll(async () => {
    stage = await setStage(start)
    gate = await openGate(stage.cluster.kubeconfigFile, folder)
    berth = await startBerthProcess({ databaseUrl: stage.databaseUrl, kubeconfigFile: gate.kubeconfigFile })
    await seesWorkers(stage.database)
    customer = await signUp(berth)
  })
  afterAll(async () => {
    await berth?.stop()
    await gate?.close()
    await stage?.strike()
    rmSync(folder, { recursive: true })
  })

  /**
   * Before the first step, and after each one while its answer is on the way: before the next step nothing more has
   * happened, and what the dead one knew is gone. Real steps take real seconds: there some of them do.
   */
  const momentsOf = (steps: number): [at: number, when: Moment][] =>
    [
      [1, 'before'] as [number, Moment],
      ...Array.from({ length: steps }, (_, index) => [index + 1, 'after'] as [number, Moment]),
    ].filter((_moment, index) => name === 'simulator' || index % 5 === 1)

  /** Counts what the change asks of the cluster while nothing goes wrong. */
  const stepsOf = async (counts: typeof isNoWatch | typeof isWrite, change: () => Promise<unknown>) => {
    gate.arm({ counts, at: Infinity, when: 'before', strike: () => undefined })
    await change()
    const steps = gate.counted().length
    gate.open()
    return steps
  }

  /** Does the change with the server killed at that step of it, and starts the server again. */
  const killedAt = async (
    counts: typeof isNoWatch | typeof isWrite,
    [at, when]: [number, Moment],
    change: () => Promise<unknown>,
  ) => {
    const killed = new Promise<void>((resolve, reject) => {
      gate.arm({ counts, at, when, strike: () => void berth.kill().then(resolve, reject) })
    })
    const answered = await change().then(
      () => true,
      () => false,
    )
    await killed
    gate.open()
    await expireLeases()
    await berth.start()
    // Whoever got no answer asks again, with the same key.
    if (!answered) await change()
  }

  /** A dead process holds its leases until they run out. That it waits so long is shown below; here time is moved. */
  const expireLeases = () => stage.database.query(`UPDATE leases SET expires_at = now()`)

  const keyed = (method: string, path: string, body?: unknown) => {
    const headers = { 'idempotency-key': randomUUID() }
    return () => customer.must<Operation>(method, path, { headers, ...(body !== undefined && { body }) })
  }
  const ordering = () => keyed('POST', '/subscriptions', { ...small, name: `crash-${randomUUID().slice(0, 8)}` })
  const cancelling = (id: string) => keyed('POST', `/subscriptions/${id}/cancel`)
  const purging = async (id: string) => {
    const { name: confirm } = await customer.subscription(id)
    return keyed('POST', `/subscriptions/${id}/purge`, { confirm })
  }
  /** Runs that a later test goes on with, so that each kill costs one start. */
  const running: string[] = []

  test('at any step of provisioning: it runs, with everything once', async () => {
    const { admin } = stage.cluster
    let whole = ''
    const steps = await stepsOf(isWrite, async () => {
      whole = await customer.order()
      await customer.until(whole, 'running')
    })
    const expected = await inventory(admin, whole)
    running.push(whole)
    // Nothing is applied twice, but the claim: once more when it is bound, to name the one that holds the data.
    expect(steps).toBeGreaterThan(10)
    expect(steps).toBeLessThanOrEqual(expected.length + 1)
    for (const moment of momentsOf(steps)) {
      let id = ''
      const order = ordering()
      await killedAt(isWrite, moment, async () => (id = (await order()).subscriptionId))
      const claimed = (await objectsOf(admin, id, 'PersistentVolumeClaim'))[0]?.metadata.uid
      const now = await customer.until(id, 'running')
      const told = `killed ${moment[1]} step ${moment[0]}`
      expect(now.operation, told).toMatchObject({ kind: 'PROVISION', state: 'SUCCEEDED' })
      expect(now.entitlement, told).toBe('ACTIVE')
      expect(await inventory(admin, id), told).toEqual(expected)
      if (claimed !== undefined) expect(await claimOf(admin, id), told).toBe(claimed)
      running.push(id)
    }
    process.stdout.write(
      `${name}: killed at ${momentsOf(steps).length} moments of the ${steps} writes of provisioning\n`,
    )
  })

  test('at any step of cancelling: it stops, and the volume is the same', async () => {
    const { admin } = stage.cluster
    const first = running[0] ?? ''
    const steps = await stepsOf(isWrite, async () => {
      await cancelling(first)()
      await customer.until(first, 'canceled')
      await customer.settled(first)
    })
    expect(steps).toBeGreaterThan(0)
    for (const [index, moment] of momentsOf(steps).entries()) {
      const id = running[index + 1] ?? ''
      const claim = await claimOf(admin, id)
      await killedAt(isWrite, moment, cancelling(id))
      const told = `killed ${moment[1]} step ${moment[0]}`
      expect(await customer.settled(id), told).toMatchObject({ kind: 'CANCEL', state: 'SUCCEEDED' })
      expect(await objectsOf(admin, id, 'Pod'), told).toEqual([])
      expect(await claimOf(admin, id), told).toBe(claim)
    }
    process.stdout.write(`${name}: killed at ${momentsOf(steps).length} moments of the ${steps} writes of cancelling\n`)
  })

  test('at any step of deleting: nothing is left', async () => {
    const { admin } = stage.cluster
    const ids: string[] = []
    for (const id of running) if ((await customer.subscription(id)).status === 'canceled') ids.push(id)
    const first = ids[0] ?? ''
    const end = async (id: string) => {
      expect(await customer.settled(id)).toMatchObject({ kind: 'PURGE', state: 'SUCCEEDED' })
      expect(await customer.subscription(id)).toMatchObject({ status: 'deleted', entitlement: 'TERMINATED' })
      expect(await isGone(admin, id)).toBe(true)
    }
    const steps = await stepsOf(isNoWatch, async () => {
      await (
        await purging(first)
      )()
      await end(first)
    })
    // Most of them look again and again whether all is gone.
    const moments = momentsOf(Math.min(steps, 8))
    for (const [index, moment] of moments.entries()) {
      const id = ids[index + 1]
      if (id === undefined) throw new Error('there are not enough canceled ones')
      await killedAt(isNoWatch, moment, await purging(id))
      await end(id)
    }
    process.stdout.write(`${name}: killed at ${moments.length} moments of deleting\n`)
  })

  test('in the middle of an order: repeated with its key, it is one subscription', async () => {
    const key = { 'idempotency-key': randomUUID() }
    const body = { ...small, name: `once-${randomUUID().slice(0, 8)}` }
    const order = () => customer.ask<Operation>('POST', '/subscriptions', { body, headers: key })
    const locked = new Promise<Promise<unknown>>((resolve, reject) => {
      stage.database
        .transaction(async (tx) => {
          // The order needs this row: it now stands in the middle of its transaction.
          await tx.$queryRaw`SELECT 1 FROM clusters FOR UPDATE`
          const lost = order().catch((error: unknown) => error)
          await eventually(async () => (await waitingForLocks()) > 0)
          await berth.kill()
          resolve(lost)
        })
        .catch(reject)
    })
    const lost = await locked
    expect(await lost).toBeInstanceOf(Error)
    await expireLeases()
    await berth.start()
    const again = await eventually(async () => {
      const answer = await order()
      // The dead one's transaction ends when its database connection is found to be gone.
      if (answer.status !== 409) return answer
      throw new Error(JSON.stringify(answer.body))
    })
    expect(again.status).toBe(202)
    const repeated = await order()
    expect(repeated.headers.get('idempotency-replayed')).toBe('true')
    expect(repeated.body.id).toBe(again.body.id)
    const { data } = await customer.must<Page<Subscription>>('GET', `/subscriptions?q=${body.name}`)
    expect(data.map(({ id }) => id)).toEqual([again.body.subscriptionId])
    await customer.until(again.body.subscriptionId, 'running')
  })
  const waitingForLocks = async () => {
    const rows = await stage.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return rows.length
  }

  test('without anybody moving the time: it goes on by itself within a lease', async () => {
    const order = ordering()
    const killed = new Promise<void>((resolve, reject) => {
      gate.arm({ counts: isWrite, at: 5, when: 'after', strike: () => void berth.kill().then(resolve, reject) })
    })
    await order().catch(() => undefined)
    await killed
    gate.open()
    const started = performance.now()
    await berth.start()
    const { subscriptionId: id } = await order()
    await customer.until(id, 'running', 60_000)
    const milliseconds = Math.round(performance.now() - started)
    process.stdout.write(`${name}: killed while provisioning, it runs ${milliseconds} ms after the new start\n`)
    const { prisma } = stage.database
    expect(await prisma.operation.count({ where: { subscriptionId: uuidOf(id) } })).toBe(1)
  })
})
