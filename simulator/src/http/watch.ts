/** Watches: a stream of changes from a version on, through selectors, with bookmarks, until time or a fault ends it. */
import { expired, invalidOptions, notAllowed, type Status, unclassified } from '../errors.ts'
import { apiVersionOf, type Resource } from '../registry/resources.ts'
import { type ObjectPredicate } from '../selectors.ts'
import { type Store, type StoreEvent } from '../store.ts'
import { type Clock, type Faults, type KubeObject, type Timer } from '../types.ts'
import { type Exchange } from './exchange.ts'
import { selectorOf, versionParameter } from './list.ts'
import { type View } from './view.ts'

export type Watches = {
  open: (exchange: Exchange, resource: Resource, namespace: string | undefined, view: View) => void
  count: () => number
  /** Ends every watch: the server stops. */
  close: () => void
}

const bookmarkEvery = 60_000
const longest = 30 * 60_000
/** A client that does not read is cut off, so that it cannot fill the memory. */
const unsentLimit = 32 * 1024 * 1024

type WatchContext = { store: Store; clock: Clock; faults: Faults }

/** What a change is to a watcher whose selector may let only one of its two sides through. */
function seenAs(
  event: StoreEvent,
  matches: (object: KubeObject) => boolean,
): 'ADDED' | 'MODIFIED' | 'DELETED' | undefined {
  const before = event.previous !== undefined && matches(event.previous)
  const after = event.type !== 'DELETED' && matches(event.object)
  if (after) return before ? 'MODIFIED' : 'ADDED'
  return before ? 'DELETED' : undefined
}

/** What the client last saw, at the version of the change that took it away. */
function lastSeen(event: StoreEvent): KubeObject {
  const object = event.previous ?? event.object
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(event.resourceVersion) } }
}

export function createWatches({ store, clock, faults }: WatchContext): Watches {
  const open = new Set<() => void>()

  faults.onChange(() => {
    if (faults.active('expireHistory').length) store.expireHistory()
    if (faults.active('dropWatches').length || faults.active('unreachable').length) for (const end of [...open]) end()
  })

  function stream(
    exchange: Exchange,
    resource: Resource,
    matches: ObjectPredicate,
    view: View,
    from: number | undefined,
  ): void {
    const { response, query } = exchange
    const wantsBookmarks = query.get('allowWatchBookmarks') === 'true'
    const timers: Timer[] = []
    let first = true
    let unsubscribe = (): void => undefined

    function end(): void {
      if (!open.delete(end)) return
      unsubscribe()
      for (const timer of timers) timer.cancel()
      if (faults.active('unreachable').length || faults.active('dropWatches').length) response.destroy()
      else response.end()
    }

    function send(type: string, object: KubeObject): void {
      response.write(`{"type":"${type}","object":${view.event(resource, object, first)}}\n`)
      first = false
      if (response.writableLength > unsentLimit) response.destroy()
    }

    function tell(event: StoreEvent): void {
      const type = seenAs(event, matches)
      if (type) send(type, type === 'DELETED' ? lastSeen(event) : event.object)
    }

    function bookmark(annotations?: Record<string, string>): void {
      const metadata = {
        resourceVersion: String(store.resourceVersion()),
        creationTimestamp: null,
        ...(annotations ? { annotations } : {}),
      }
      const object = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
    }

    open.add(end)
    response.on('close', end)
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
    response.flushHeaders()
    if (from === undefined) {
      for (const object of store.list(resource.key)) if (matches(object)) send('ADDED', object)
      if (wantsBookmarks && query.get('sendInitialEvents') === 'true') bookmark({ 'k8s.io/initial-events-end': 'true' })
    } else for (const event of store.since(resource.key, from) ?? []) tell(event)
    unsubscribe = store.subscribeTo(resource.key, tell)
    if (wantsBookmarks) {
      const again = (): void => {
        bookmark()
        timers[0] = clock.after(bookmarkEvery, again)
      }
      timers[0] = clock.after(bookmarkEvery, again)
    }
    const seconds = Number(query.get('timeoutSeconds') ?? 0)
    timers.push(clock.after(seconds > 0 ? seconds * 1_000 : longest, () => farewell()))
    const drop = faults.active('dropWatches')[0]
    if (drop) timers.push(clock.after(drop.afterMilliseconds ?? 0, end))

    function farewell(): void {
      if (wantsBookmarks && !response.destroyed) bookmark()
      end()
    }
  }

  return {
    open(exchange, resource, namespace, view) {
      const { query } = exchange
      requireWatchOptions(query)
      const selector = selectorOf(resource, query)
      const matches = (object: KubeObject): boolean =>
        (namespace === undefined || object.metadata.namespace === namespace) && (!selector || selector(object))
      const version = versionParameter(query, store)
      const initial = version === undefined || version === 0 || query.get('sendInitialEvents') === 'true'
      if (!initial && (faults.active('expireHistory').length || store.since(resource.key, version) === undefined)) {
        const { status } = expired(`too old resource version: ${version} (${store.resourceVersion()})`)
        sendError(exchange, status)
        return
      }
      stream(exchange, resource, matches, view, initial ? undefined : version)
    },
    count: () => open.size,
    close() {
      for (const end of [...open]) end()
    },
  }
}

/** 422 for a streamed list without its companion; 500, as the real server, for a version that is no number. */
function requireWatchOptions(query: URLSearchParams): void {
  if (query.get('sendInitialEvents') === 'true' && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    throw invalidOptions('ListOptions', notAllowed('resourceVersionMatch', why))
  }
  const version = query.get('resourceVersion') ?? ''
  if (/^\d*$/.test(version)) return
  const why = `strconv.ParseUint: parsing "${version}": invalid syntax`
  throw unclassified(`resourceVersion: Invalid value: "${version}": ${why}`)
}

/** The watch's way of refusing: 200, one ERROR event, the end. */
function sendError({ response }: Exchange, status: Status): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
}
