import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAdministration } from '../../features/catalog/administration.ts'
import { createClock } from '../../lib/clock.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, uuidOf, type Customer, type Operation } from './customer.ts'
import { objectsOf, onlyOne } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

/** The service that these tests order, with one thing changed. */
type Change = { label?: string; volume?: string; more?: string; parameters?: string; image?: string }
const template = (change: Change = {}) => `
services:
  redis:
    image: ${change.image ?? 'redis:7'}
    user: '999:999'
    stop_grace_period: 1s
    command: redis-server --dir /data
    environment: { LABEL: '${change.label ?? 'one'}' }
    ports: ['6379:6379']
    volumes: ['${change.volume ?? 'data'}:/data']
${change.more ?? ''}
volumes: { ${change.volume ?? 'data'}: }
x-berth:
  isolation: restricted
  expose: [{ service: redis, port: 6379, protocol: tcp }]
${change.parameters ?? ''}
`
const beside = `
  beside:
    image: redis:7
    user: '999:999'
    stop_grace_period: 1s
    command: redis-server --save '' --requirepass \${SERVICE_PASSWORD_BESIDE}
`

type Plan = {
  from: number
  to: number
  verdict: string
  refusals: { code: string }[]
  restarts: string[]
  starts: string[]
  ends: string[]
}

describe.each(kubernetesTargets())('an upgrade on the $name', { timeout: 240_000 }, ({ start }) => {
  let stage: Stage
  let berth: Berth
  let customer: Customer
  let serviceId: string
  beforeAll(async () => {
    stage = await setStage(start)
    const { imports } = createAdministration({ database: stage.database, clock: createClock() })
    const options = { category: 'databases', onExisting: 'skip', publish: true, dryRun: false } as const
    const plan = {
      ...{ slug: 'nano', name: 'Nano', description: '', position: 0, visible: true },
      ...{ price: { amount: 1n, currency: 'EUR' }, interval: 'MONTH' as const, trialDays: 0, maxPerOrganization: null },
      ...{ cpuMillicores: 40, memoryBytes: 2n ** 26n, storageBytes: 2n ** 24n, replicas: 1 },
    } as const
    const items = [{ name: 'changing.yaml', content: template() }]
    const [made] = await imports.run(undefined, items, { ...options, plans: [plan] })
    serviceId = made?.serviceId ?? ''
    berth = await startOn(stage)
    customer = await signUp(berth)
  })
  afterAll(async () => {
    await berth?.stop()
    await stage?.strike()
  })

  const publish = async (source: string): Promise<number> => {
    const { revisions } = createAdministration({ database: stage.database, clock: createClock() })
    const { revision } = await stage.database.transaction((tx) =>
      revisions.create(tx, undefined, serviceId, { template: source, note: '', current: true }),
    )
    return revision.number
  }
  const preview = (id: string) => customer.must<Plan>('GET', `/subscriptions/${id}/upgrade`)
  const upgrade = (id: string, body: object = {}) =>
    customer.ask<Operation>('POST', `/subscriptions/${id}/upgrade`, { body })
  const labelOf = async (id: string) => {
    const set = await onlyOne(stage.cluster.admin, id, 'StatefulSet')
    return /"LABEL","value":"(\w+)"/.exec(JSON.stringify(set['spec']))?.[1]
  }

  test('a new revision changes nothing until it is asked for, and then what runs becomes it with its data', async () => {
    const id = await customer.order({ service: 'changing', plan: 'nano' })
    await customer.until(id, 'running')
    const claim = await onlyOne(stage.cluster.admin, id, 'PersistentVolumeClaim')
    await publish(template({ label: 'two', more: beside }))
    expect(await labelOf(id)).toBe('one')

    const plan = await preview(id)
    expect(plan).toMatchObject({ verdict: 'in-place', refusals: [], restarts: ['redis'], starts: ['beside'], ends: [] })
    const { status, body } = await upgrade(id)
    expect([status, body.kind]).toEqual([202, 'UPGRADE'])
    expect((await customer.settled(id, 120_000)).state).toBe('SUCCEEDED')
    await customer.until(id, 'running')
    expect(await labelOf(id)).toBe('two')
    expect(await objectsOf(stage.cluster.admin, id, 'Deployment')).toMatchObject([{ metadata: { name: 'beside' } }])
    const after = await onlyOne(stage.cluster.admin, id, 'PersistentVolumeClaim')
    expect(after.metadata.uid).toBe(claim.metadata.uid)
    expect((await upgrade(id)).body).toMatchObject({ code: 'ALREADY_UPGRADED' })
  })

  test('an upgrade that would lose data is refused beforehand, and what runs goes on', async () => {
    const id = await customer.order({ service: 'changing', plan: 'nano' })
    await customer.until(id, 'running')
    await publish(template({ volume: 'elsewhere' }))
    const plan = await preview(id)
    expect([plan.verdict, plan.refusals.map(({ code }) => code)]).toEqual(['refused', ['VOLUME_RENAMED']])
    expect((await upgrade(id)).body).toMatchObject({ code: 'UPGRADE_REFUSED', plan: { verdict: 'refused' } })
    expect(await customer.subscription(id)).toMatchObject({ status: 'running', generation: 1 })
  })

  test('what the next revision asks for is asked of the customer, and nobody reaches what is not offered', async () => {
    await publish(template())
    const id = await customer.order({ service: 'changing', plan: 'nano' })
    await customer.until(id, 'running')
    const parameters = '  parameters: { motd: { type: string, title: Message } }'
    const number = await publish(template({ label: '${motd}', parameters }))
    expect((await preview(id)).refusals).toMatchObject([{ code: 'PARAMETER_NEEDED', subject: 'motd' }])
    expect((await upgrade(id)).body).toMatchObject({ code: 'UPGRADE_REFUSED' })
    expect((await upgrade(id, { revision: number - 1 })).status).toBe(409)
    expect((await upgrade(id, { revision: 1 })).body).toMatchObject({ code: 'REVISION_NOT_FOUND' })
    expect((await upgrade(id, { parameters: { absent: 1 } })).body).toMatchObject({ code: 'INVALID_PARAMETERS' })
    expect((await upgrade(id, { parameters: { motd: 'hello' } })).status).toBe(202)
    expect((await customer.settled(id, 120_000)).state).toBe('SUCCEEDED')
    expect(await labelOf(id)).toBe('hello')
  })

  test('an upgrade that does not come up says how to go back, and the customer goes back to the same data', async () => {
    const { simulator, admin } = stage.cluster
    const image = 'registry.invalid/never:1'
    simulator?.faults.add({ kind: 'imagePull', image })
    const good = await publish(template({ label: 'good' }))
    const id = await customer.order({ service: 'changing', plan: 'nano' })
    await customer.until(id, 'running')
    const claim = await onlyOne(admin, id, 'PersistentVolumeClaim')
    await publish(template({ label: 'bad', image }))
    expect((await upgrade(id)).status).toBe(202)
    const degraded = await customer.until(id, 'degraded', 120_000)
    expect(degraded.operation?.nextAction).toContain(`revision ${good}`)
    // Its quarter of an hour is over.
    const where = { subscriptionId: uuidOf(id), kind: 'UPGRADE', state: 'RUNNING' } as const
    await stage.database.prisma.operation.updateMany({ where, data: { deadlineAt: new Date(0) } })
    const failed = await customer.settled(id, 60_000)
    expect([failed.state, failed.nextAction]).toEqual(['FAILED', degraded.operation?.nextAction])
    expect(failed.cause).toMatch(/image/i)
    expect(await customer.subscription(id)).toMatchObject({ status: 'failed', service: { previousRevision: good } })

    const worse = await publish(template({ label: 'worse', image }))
    expect((await upgrade(id, { revision: worse })).status).toBe(202)
    const plan = await customer.must<Plan>('GET', `/subscriptions/${id}/upgrade?revision=${good}`)
    expect(plan).toMatchObject({ to: good, verdict: 'in-place', refusals: [], restarts: ['redis'] })
    expect((await upgrade(id, { revision: good })).status).toBe(202)
    expect((await customer.settled(id, 120_000)).state).toBe('SUCCEEDED')
    expect(await customer.until(id, 'running')).toMatchObject({ service: { revision: good, previousRevision: null } })
    expect(await labelOf(id)).toBe('good')
    expect((await onlyOne(admin, id, 'PersistentVolumeClaim')).metadata.uid).toBe(claim.metadata.uid)
    expect((await upgrade(id, { revision: worse - 1 })).body).toMatchObject({ code: 'REVISION_NOT_FOUND' })
  })
})
