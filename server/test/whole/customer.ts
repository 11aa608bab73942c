import { randomUUID } from 'node:crypto'
import { eventually } from '../eventually.ts'
import { keepSecrets } from '../log-watch.ts'
import type { Berth } from './berth.ts'

/** A person who signed up over HTTP and asks for things over HTTP, as any program of a customer would. */
export type Customer = {
  email: string
  password: string
  ask<T = unknown>(method: string, path: string, options?: Ask): Promise<Answer<T>>
  /** The same, of an answer that must be 2xx. */
  must<T = unknown>(method: string, path: string, options?: Ask): Promise<T>
  /** Orders and gives the subscription's id; does not wait for anything. */
  order(order?: Partial<Order>): Promise<string>
  subscription(id: string): Promise<Subscription>
  /** The latest operation, once it is over. */
  settled(id: string, deadlineMs?: number): Promise<Operation>
  /** Once it has this status. */
  until(id: string, status: string, deadlineMs?: number): Promise<Subscription>
  authorization(): string
  /** From then on it asks as somebody who is signed in. */
  logIn(): Promise<void>
}

export type Ask = { body?: unknown; headers?: Readonly<Record<string, string>>; signal?: AbortSignal }
export type Answer<T> = { status: number; headers: Headers; body: T }
export type Order = { service: string; plan: string; name: string; parameters: Record<string, unknown> }

/** What these tests look at, of what the API answers. */
export type Operation = {
  id: string
  kind: string
  state: string
  subscriptionId: string
  step: string | null
  progress: number
  cause: string | null
  nextAction: string | null
  deadlineAt: string | null
}
export type Condition = { type: string; status: string; reason: string; message: string }
export type Subscription = {
  id: string
  name: string
  namespace: string
  status: string
  entitlement: string
  generation: number
  observedGeneration: number
  conditions: Condition[]
  operation: Operation | null
}
export type Pod = { id: string; name: string; component: string; phase: string; ready: boolean }
export type Page<T> = { data: T[] }

/** The smallest thing with a volume: it runs as soon as its container does. */
export const small = { service: 'tiny', plan: 'nano' } as const
export const uuidOf = (id: string): string => id.slice(id.indexOf('_') + 1)
const patience = 60_000

const password = 'correct horse battery staple'

export async function signUp(berth: Pick<Berth, 'url'>): Promise<Customer> {
  const customer = await register(berth)
  await customer.logIn()
  return customer
}

/** Not signed in: where addresses must be confirmed first, that comes in between. */
export async function register(berth: Pick<Berth, 'url'>): Promise<Customer> {
  const customer = visitor(berth, `${randomUUID()}@example.org`)
  await customer.must('POST', '/auth/register', { body: { email: customer.email, password, name: 'Ada Example' } })
  return customer
}

/** The first one, whom every server of these tests starts with. */
export async function administrator(berth: Pick<Berth, 'url'>): Promise<Customer> {
  const admin = visitor(berth, 'admin@berth.localhost')
  await admin.logIn()
  return admin
}

function visitor(berth: Pick<Berth, 'url'>, email: string): Customer {
  let token = ''
  const customer: Customer = {
    email,
    password,
    authorization: () => `Bearer ${token}`,
    async logIn() {
      const { accessToken } = await customer.must<{ accessToken: string }>('POST', '/auth/login', {
        body: { email, password },
      })
      token = accessToken
    },
    async ask<T>(method: string, path: string, { body, headers, signal }: Ask = {}): Promise<Answer<T>> {
      const response = await fetch(`${berth.url()}/api/v1${path}`, {
        method,
        headers: {
          ...(token !== '' && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal && { signal }),
      })
      const text = await response.text()
      const answer: unknown = text && JSON.parse(text)
      for (const one of [body, answer]) keepSecrets(one)
      return { status: response.status, headers: response.headers, body: answer as T }
    },
    async must<T>(method: string, path: string, options?: Ask): Promise<T> {
      const { status, body } = await customer.ask<T>(method, path, options)
      if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`)
      return body
    },
    async order(order = {}) {
      const body = { ...small, name: `t-${randomUUID().slice(0, 8)}`, ...order }
      const operation = await customer.must<Operation>('POST', '/subscriptions', { body })
      return operation.subscriptionId
    },
    subscription: (id) => customer.must<Subscription>('GET', `/subscriptions/${id}`),
    settled: (id, deadlineMs = patience) =>
      eventually(
        async () => {
          const { operation } = await customer.subscription(id)
          if (operation && !['PENDING', 'RUNNING'].includes(operation.state)) return operation
          throw new Error(`it goes on: ${JSON.stringify(operation)}`)
        },
        { deadlineMs },
      ),
    until: (id, status, deadlineMs = patience) =>
      eventually(
        async () => {
          const found = await customer.subscription(id)
          if (found.status === status) return found
          throw new Error(`it is not ${status}: ${JSON.stringify(found, null, 1)}`)
        },
        { deadlineMs },
      ),
  }
  return customer
}
