/** `/simulator/…`: the control endpoint, for tests in other processes. Faults never reach it. */
import { badRequest, methodNotAllowed, noSuchPath } from '../errors.ts'
import { asNumber, type JsonObject } from '../json.ts'
import { resources } from '../registry/resources.ts'
import { type Store } from '../store.ts'
import { type Clock, type DrivenClock, type Fault, type Faults } from '../types.ts'
import { type Exchange, readObject, sendJson } from './exchange.ts'

export type Counters = { requests: number; watches: () => number }

export type ControlContext = { store: Store; clock: Clock | DrivenClock; faults: Faults; counters: Counters }

const kinds: Record<Fault['kind'], Record<string, 'string' | 'number' | 'object' | undefined>> = {
  latency: { milliseconds: 'number', match: 'object' },
  error: { status: 'number', match: 'object', count: 'number' },
  unreachable: {},
  dropWatches: { afterMilliseconds: 'number' },
  expireHistory: {},
  nodeDown: { node: 'string' },
  imagePull: { image: 'string' },
  crash: { image: 'string', container: 'string', exitCode: 'number', log: 'string' },
  volumeNeverBinds: { storageClass: 'string', claim: 'string' },
}

const needed: Partial<Record<Fault['kind'], string>> = {
  latency: 'milliseconds',
  error: 'status',
  nodeDown: 'node',
  imagePull: 'image',
}

function isFault(body: JsonObject): body is Fault {
  const kind = Object.keys(kinds).find((each) => each === body.kind) as Fault['kind'] | undefined
  if (kind === undefined) return false
  const fields = kinds[kind]
  const need = needed[kind]
  if (need !== undefined && body[need] === undefined) return false
  if (kind === 'error' && ![429, 500, 503, 504].includes(asNumber(body.status) ?? 0)) return false
  return Object.entries(body).every(([key, value]) => key === 'kind' || typeof value === fields[key])
}

function state({ store, clock, counters, faults }: ControlContext): JsonObject {
  const counts = resources.map((each) => [each.key, store.count(each.key)] as const).filter(([, count]) => count > 0)
  return {
    now: clock.now().toISOString(),
    drivenClock: 'advance' in clock,
    resourceVersion: String(store.resourceVersion()),
    requests: counters.requests,
    watches: counters.watches(),
    objects: Object.fromEntries(counts),
    faults: faults.list(),
    memory: process.memoryUsage().rss,
  }
}

/** Answers a request below `/simulator/`. 400 for a fault or a step of time that makes no sense. */
export async function serveControl(exchange: Exchange, context: ControlContext): Promise<void> {
  const { method, path } = exchange
  const { faults, clock } = context
  const send = (code: number, body: unknown): void => sendJson(exchange, code, `${JSON.stringify(body)}\n`)
  const id = /^\/simulator\/faults\/([^/]+)$/.exec(path)?.[1]
  if (path === '/simulator/state' && method === 'GET') send(200, state(context))
  else if (path === '/simulator/faults' && method === 'GET') send(200, { items: faults.list() })
  else if (path === '/simulator/faults' && method === 'POST') {
    const body = await readObject(exchange)
    if (!isFault(body))
      throw badRequest(`not a fault: ${JSON.stringify(body)}; kinds are ${Object.keys(kinds).join(', ')}`)
    send(201, { id: faults.add(body), fault: body })
  } else if (path === '/simulator/faults' && method === 'DELETE') {
    faults.clear()
    send(200, { items: [] })
  } else if (id !== undefined && method === 'DELETE') {
    if (!faults.list().some((each) => each.id === id)) throw noSuchPath()
    faults.remove(id)
    send(200, { id })
  } else if (path === '/simulator/clock/advance' && method === 'POST') {
    const body = await readObject(exchange)
    const milliseconds = asNumber(body.milliseconds)
    if (!('advance' in clock)) throw badRequest('the clock is the real one: start the simulator with a driven clock')
    if (milliseconds === undefined || milliseconds < 0)
      throw badRequest('milliseconds must be a number that is not negative')
    await clock.advance(milliseconds)
    send(200, { now: clock.now().toISOString() })
  } else throw isKnown(path) ? methodNotAllowed() : noSuchPath()
}

function isKnown(path: string): boolean {
  return ['/simulator/state', '/simulator/faults', '/simulator/clock/advance'].includes(path)
}
