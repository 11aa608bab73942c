import { randomBytes } from 'node:crypto'
import { dataOf, type Client, type components } from '@berth/client'
import type { Live } from './live.ts'
import type { Plan } from './customer.ts'
import type { Progress } from './progress.ts'

export type Subscription = components['schemas']['Subscription']
type Operation = components['schemas']['Operation']

/** What the steps after logging in share. */
export type Demo = { progress: Progress; client: Client; live: Live }

/** A real cluster pulls images and binds volumes; more than this is a fault. */
export const patienceSeconds = 180

const readSubscription = (client: Client, subscriptionId: string): Promise<Subscription> =>
  dataOf(client.GET('/api/v1/subscriptions/{subscriptionId}', { params: { path: { subscriptionId } } }))

/** Follows the events until the subscription has the status and its latest operation has ended well. */
export function untilStatus(
  { client, live }: Demo,
  subscriptionId: string,
  wanted: Subscription['status'],
  tell: (text: string) => void,
): Promise<Subscription> {
  return live.until(async (see) => {
    const subscription = await readSubscription(client, subscriptionId)
    const { status, operation } = subscription
    const text = [status, operation?.step].filter(Boolean).join(', ')
    tell(text)
    see(text)
    if (operation?.state === 'FAILED') throw failed(operation)
    return status === wanted && operation?.state === 'SUCCEEDED' ? subscription : undefined
  }, patienceSeconds)
}

const failed = ({ kind, cause, nextAction }: Operation): Error =>
  new Error(`${kind} failed: ${cause ?? 'no cause was given'}${nextAction ? ` What to do: ${nextAction}` : ''}`)

/** Orders the plan and follows the events until it runs. */
export async function subscribe(demo: Demo, { service, plan }: { service: string; plan: Plan }): Promise<Subscription> {
  const { progress, client, live } = demo
  progress.chapter('A database')
  const name = `demo-${randomBytes(3).toString('hex')}`
  const operation = await progress.step(
    'Subscribe',
    () => dataOf(client.POST('/api/v1/subscriptions', { body: { service, plan: plan.slug, name } })),
    ({ id, state }) => `${name}, accepted as ${id} (${state.toLowerCase()})`,
  )
  return progress.step(
    'Follow the events until it runs',
    (tell) => untilStatus(demo, operation.subscriptionId, 'running', tell),
    ({ namespace, simulated }) => `${live.count()} events; ${namespace}${simulated ? ' on the SIMULATED cluster' : ''}`,
  )
}

/** Prints how to connect. */
export async function printConnection({ progress, client }: Demo, { id }: Subscription): Promise<void> {
  const { connection, endpoints } = await progress.step('Read the connection', () =>
    dataOf(
      client.GET('/api/v1/subscriptions/{subscriptionId}/credentials', { params: { path: { subscriptionId: id } } }),
    ),
  )
  if (connection.length === 0) throw new Error('There is nothing to connect with.')
  const width = Math.max(...connection.map(({ label }) => label.length))
  progress.show(connection.map(({ label, value }) => `${label.padEnd(width)}  ${value}`))
  progress.show(endpoints.map(({ name, host, port }) => `endpoint ${name}: ${host}:${port}`))
}
