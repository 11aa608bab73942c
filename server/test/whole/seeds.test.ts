import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedCatalog } from '../../db/catalog/index.ts'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, type Customer } from './customer.ts'
import { setStage, startOn, type Stage } from './stage.ts'

/** Those whose images are wherever these tests run; a real cluster would have to pull the others from the internet. */
const atHand = ['postgres', 'redis', 'mariadb', 'nginx', 'whoami', 'web-with-cache']
/** Where the ingress controller of the tests' real cluster listens. */
const ingress = { address: '10.41.0.1', class: 'testcluster' }
const ingressSelector = { namespace: 'ingress-system', podLabels: { 'app.kubernetes.io/name': 'ingress' } }

describe.each(kubernetesTargets())('the seeded services on the $name', { timeout: 240_000 }, ({ name, start }) => {
  let stage: Stage
  let berth: Berth
  let customer: Customer
  const isReal = name === 'real cluster'
  const seeds = seedCatalog.filter(({ slug }) => !isReal || atHand.includes(slug))
  /** All of them at once: each waits for its own health checks, and not for the others'. */
  const ordered = new Map<string, string>()
  beforeAll(async () => {
    stage = await setStage(start)
    berth = await startOn(stage)
    await stage.database.prisma.cluster.updateMany({
      data: { baseDomain: 'apps.test', ingressClass: ingress.class, ingressSelector },
    })
    customer = await signUp(berth)
    for (const { slug, plans } of seeds)
      ordered.set(slug, await customer.order({ service: slug, plan: plans[0]?.slug ?? '' }))
  })
  afterAll(async () => {
    await berth?.stop()
    await stage?.strike()
  })

  test.each(seeds)('$name runs on its smallest plan, and a customer is told how to reach it', async ({ slug }) => {
    const id = ordered.get(slug) ?? ''
    const running = await customer.until(id, 'running', 180_000)
    expect(running.conditions.find(({ type }) => type === 'Ready')?.status).toBe('True')
    const { connection } = await customer.must<{ connection: { name: string; value: string }[] }>(
      'GET',
      `/subscriptions/${id}/credentials`,
    )
    expect(connection.length).toBeGreaterThan(0)
    for (const { value } of connection) expect(value).not.toMatch(/\$\{|undefined/)
    const url = connection.find((field) => field.name === 'url')?.value
    if (isReal && url !== undefined) await eventually(async () => (await visit(url)) === 200, { deadlineMs: 30_000 })
  })
})

/** As a browser would, without a name server that knows the name. */
const visit = (url: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { host, pathname } = new URL(url)
    request({ host: ingress.address, port: 80, path: pathname, headers: { host } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
      .on('error', reject)
      .end()
  })
