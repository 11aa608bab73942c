import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, small, type Answer, type Ask, type Customer, type Page, type Subscription } from './customer.ts'
import { setStage, startOn, type Stage } from './stage.ts'

type Problem = {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: string
  requestId: string
  errors?: { pointer: string; detail: string }[]
}

// What the API refuses is the same on every cluster.
const [simulated] = kubernetesTargets()

describe('an order or a question that cannot be answered', () => {
  let stage: Stage
  let berth: Berth
  let customer: Customer
  let stranger: Customer
  let id: string
  const name = `mine-${randomUUID().slice(0, 8)}`
  beforeAll(async () => {
    if (!simulated) throw new Error('there is no target')
    stage = await setStage(simulated.start)
    berth = await startOn(stage)
    customer = await signUp(berth)
    stranger = await signUp(berth)
    id = await customer.order({ name })
    await customer.until(id, 'running')
  })
  afterAll(async () => {
    await berth?.stop()
    await stage?.strike()
  })

  /** The answer is a whole problem document, and nothing was ordered. */
  const refused = async (asking: Promise<Answer<Problem>>, status: number, code: string): Promise<Problem> => {
    const { body, headers, ...answer } = await asking
    expect(answer.status).toBe(status)
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(body).toMatchObject({ status, code })
    expect(body.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.get('x-request-id')).toBe(body.requestId)
    expect(body.type.endsWith(`/problems/${code.toLowerCase().replaceAll('_', '-')}`)).toBe(true)
    expect(body.title).not.toBe('')
    expect(body.detail).not.toBe('')
    const { data } = await customer.must<Page<Subscription>>('GET', '/subscriptions')
    expect(data.map((subscription) => subscription.id)).toEqual([id])
    return body
  }
  const order = (body: unknown, options: Ask = {}) =>
    customer.ask<Problem>('POST', '/subscriptions', { ...options, ...(body !== undefined && { body }) })

  test.for([
    ['an unknown service', { ...small, service: 'nothing' }, 422, 'SERVICE_NOT_FOUND', '/service'],
    ['an unknown plan', { ...small, plan: 'galactic' }, 422, 'PLAN_NOT_FOUND', '/plan'],
    ['a service that is sold no more', { service: 'retired', plan: 'nano' }, 409, 'SERVICE_RETIRED', undefined],
    ['a plan that no cluster can hold', { ...small, plan: 'endless' }, 409, 'NO_CAPACITY', undefined],
    ['a name with capitals', { ...small, name: 'Shop' }, 400, 'INVALID_REQUEST', '/name'],
    ['a name with a dot', { ...small, name: 'shop.db' }, 400, 'INVALID_REQUEST', '/name'],
    ['a name that begins with a digit', { ...small, name: '1shop' }, 400, 'INVALID_REQUEST', '/name'],
    ['a name that ends with a hyphen', { ...small, name: 'shop-' }, 400, 'INVALID_REQUEST', '/name'],
    ['a name of 64 letters', { ...small, name: 'a'.repeat(64) }, 400, 'INVALID_REQUEST', '/name'],
    ['an empty name', { ...small, name: '' }, 400, 'INVALID_REQUEST', '/name'],
    ['a name that is taken', { ...small, name }, 409, 'NAME_TAKEN', '/name'],
    ['an unknown field', { ...small, colour: 'red' }, 400, 'INVALID_REQUEST', '/colour'],
    ['an unknown parameter', { ...small, parameters: { size: 1 } }, 400, 'INVALID_PARAMETERS', '/parameters/size'],
    ['an empty object', {}, 400, 'INVALID_REQUEST', '/service'],
  ] as const)('%s', async ([_what, body, status, code, pointer]) => {
    const named = 'name' in body || Object.keys(body).length === 0 ? body : { name: 'another', ...body }
    const problem = await refused(order(named), status, code)
    if (pointer !== undefined) expect(problem.errors?.map((error) => error.pointer)).toContain(pointer)
  })

  test('a service whose name has a wrong letter is told which was meant', async () => {
    const service = `${small.service}x`
    const { detail } = await refused(order({ ...small, service, name: 'another' }), 422, 'SERVICE_NOT_FOUND')
    expect(detail).toBe(`There is no service "${service}" in the catalog: did you mean "${small.service}"?`)
  })

  test('what would fit is told where a plan does not', async () => {
    const { available } = (await order({ ...small, plan: 'endless', name: 'another' })).body as Problem & {
      available: Record<string, number>
    }
    expect(available['cpuMillicores']).toBeGreaterThan(1_000)
    expect(available['memoryBytes']).toBeGreaterThan(1_000_000)
  })

  test('no body at all', async () => void (await refused(order(undefined), 400, 'INVALID_REQUEST')))

  test('a body that is no JSON', async () => {
    await refused(order('{"service": '), 400, 'MALFORMED_REQUEST')
  })

  test('a body of 2 MB', async () => {
    const parameters = { note: 'x'.repeat(2 * 2 ** 20) }
    await refused(order({ ...small, name: 'another', parameters }), 413, 'BODY_TOO_LARGE')
  })

  test('a body in another language than JSON', async () => {
    const headers = { 'content-type': 'application/xml' }
    await refused(order('<order/>', { headers }), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  test("another customer's subscription does not exist, whatever is asked of it", async () => {
    const operation = (await customer.subscription(id)).operation?.id ?? ''
    const asked: [method: string, path: string, code: string, body?: unknown][] = [
      ['GET', `/subscriptions/${id}`, 'SUBSCRIPTION_NOT_FOUND'],
      ['GET', `/subscriptions/${id}/credentials`, 'SUBSCRIPTION_NOT_FOUND'],
      ['GET', `/subscriptions/${id}/pods`, 'SUBSCRIPTION_NOT_FOUND'],
      ['POST', `/subscriptions/${id}/cancel`, 'SUBSCRIPTION_NOT_FOUND'],
      ['POST', `/subscriptions/${id}/reactivate`, 'SUBSCRIPTION_NOT_FOUND'],
      ['POST', `/subscriptions/${id}/restart`, 'SUBSCRIPTION_NOT_FOUND'],
      ['POST', `/subscriptions/${id}/purge`, 'SUBSCRIPTION_NOT_FOUND', { confirm: name }],
      ['GET', `/operations/${operation}`, 'OPERATION_NOT_FOUND'],
    ]
    for (const [method, path, code, body] of asked) {
      await refused(stranger.ask<Problem>(method, path, { ...(body !== undefined && { body }) }), 404, code)
    }
    for (const list of ['/subscriptions', '/operations', `/operations?subscription=${id}`]) {
      expect((await stranger.must<Page<unknown>>('GET', list)).data).toEqual([])
    }
    expect(await customer.subscription(id)).toMatchObject({ status: 'running', generation: 1 })
  })

  test('a name is taken within an organization only, and a purge needs the right name', async () => {
    const theirs = await stranger.order({ name })
    await stranger.until(theirs, 'running')
    const body = { confirm: 'another' }
    await refused(customer.ask('POST', `/subscriptions/${id}/purge`, { body }), 422, 'CONFIRMATION_MISMATCH')
    expect((await customer.subscription(id)).status).toBe('running')
  })

  test('what the state does not allow names the state', async () => {
    const problem = await refused(customer.ask('POST', `/subscriptions/${id}/reactivate`), 409, 'INVALID_STATE')
    expect(JSON.stringify(problem)).toContain('ACTIVE')
  })
})
