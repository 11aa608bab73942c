import { randomBytes } from 'node:crypto'
import { createClient, dataOf, type Client } from '@berth/client'

/** Somebody who subscribes, over HTTP like everybody. */
export async function becomeCustomer(url: string): Promise<Client> {
  const client = createClient({ baseUrl: url })
  const email = `bench-${randomBytes(6).toString('hex')}@example.com`
  const password = randomBytes(18).toString('base64url')
  await dataOf(client.POST('/api/v1/auth/register', { body: { email, password, name: 'Benchmark' } }))
  await client.login({ email, password })
  return client
}

/** Orders, and gives the prefixed id and the namespace. */
export async function order(
  client: Client,
  choice: { service: string; plan: string; name: string },
): Promise<{ id: string; namespace: string }> {
  const { subscriptionId } = await dataOf(client.POST('/api/v1/subscriptions', { body: choice }))
  return { id: subscriptionId, namespace: `berth-${subscriptionId.replace('sub_', '')}` }
}

/** Cancels and purges, and waits until it is proven gone. */
export async function remove(client: Client, id: string, name: string): Promise<void> {
  const params = { path: { subscriptionId: id } }
  await dataOf(client.POST('/api/v1/subscriptions/{subscriptionId}/cancel', { params }))
  const { status } = await dataOf(client.GET('/api/v1/subscriptions/{subscriptionId}', { params }))
  if (status !== 'deleting') {
    await dataOf(client.POST('/api/v1/subscriptions/{subscriptionId}/purge', { params, body: { confirm: name } }))
  }
  await until(async () => {
    const subscription = await dataOf(client.GET('/api/v1/subscriptions/{subscriptionId}', { params }))
    return subscription.status === 'deleted'
  })
}

/** Asks until it holds; throws after two minutes. */
export async function until(holds: () => Promise<boolean>, seconds = 120): Promise<void> {
  const deadline = performance.now() + seconds * 1_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`It did not hold within ${seconds} s.`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** One of the server's own metrics. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  return Number(line?.split(' ')[1] ?? NaN)
}
