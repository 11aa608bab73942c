import { randomBytes } from 'node:crypto'
import { createClient, dataOf, isApiError, type Client, type components } from '@berth/client'
import { confirmAddress } from './mailbox.ts'
import type { Progress } from './progress.ts'

export type Plan = components['schemas']['Plan']
const serviceSlug = 'postgres'
const planSlug = 'small'

/** A customer who has just registered and logged in; or the account that BERTH_EMAIL and BERTH_PASSWORD name. */
export async function becomeCustomer(progress: Progress, url: string, env: NodeJS.ProcessEnv): Promise<Client> {
  const client = createClient({ baseUrl: url })
  const { BERTH_EMAIL: email, BERTH_PASSWORD: password } = env
  if (email && password) {
    progress.chapter('A customer')
    await progress.step(`Log in as ${email}`, () => client.login({ email, password }))
    return client
  }
  progress.chapter('A new customer')
  await register(progress, client)
  return client
}

async function register(progress: Progress, client: Client): Promise<void> {
  const email = `demo-${randomBytes(6).toString('hex')}@example.com`
  const password = randomBytes(18).toString('base64url')
  await progress.step(
    'Register',
    async () => {
      await dataOf(client.POST('/api/v1/auth/register', { body: { email, password, name: 'Demo Customer' } }))
      return email
    },
    String,
  )
  await progress.step('Log in', async () => {
    try {
      await client.login({ email, password })
    } catch (error) {
      if (!(isApiError(error) && error.problem.code === 'INVALID_CREDENTIALS')) throw error
      // The server wants the address confirmed first, and does not say so.
      await confirmAddress(client, email)
      await client.login({ email, password })
    }
  })
}

/** Looks around the catalog and chooses a plan. */
export async function browse(progress: Progress, client: Client): Promise<{ service: string; plan: Plan }> {
  progress.chapter('The catalog')
  await progress.step(
    'Look at the categories',
    () => dataOf(client.GET('/api/v1/catalog/categories')),
    ({ data }) => data.map(({ name }) => name).join(', '),
  )
  await progress.step(
    'Look at the services',
    () => dataOf(client.GET('/api/v1/catalog/services')),
    ({ data }) => data.map(({ name }) => name).join(', '),
  )
  const plan = await progress.step(
    'Choose PostgreSQL, plan small',
    async () => {
      const path = { slug: serviceSlug }
      const service = await dataOf(client.GET('/api/v1/catalog/services/{slug}', { params: { path } }))
      const found = service.plans.find(({ slug }) => slug === planSlug)
      if (!found) throw new Error(`PostgreSQL has no plan "${planSlug}".`)
      return found
    },
    describePlan,
  )
  return { service: serviceSlug, plan }
}

const describePlan = ({ cpuMillicores, memoryBytes, storageBytes, price, interval }: Plan): string => {
  const amount = new Intl.NumberFormat('en', { style: 'currency', currency: price.currency }).format(price.amount / 100)
  const [memory, storage] = [memoryBytes, storageBytes].map((bytes) => `${(bytes / 2 ** 30).toFixed(2)} GiB`)
  return `${cpuMillicores}m cpu, ${memory} memory, ${storage} storage, ${amount} a ${interval.toLowerCase()}`
}
