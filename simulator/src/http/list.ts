/** Lists: selectors, pages, and the version that a watch goes on from. */
import { badRequest, expired, invalidOptions, notAllowed, unavailable } from '../errors.ts'
import { asNumber, asString, isObject } from '../json.ts'
import { type Resource } from '../registry/resources.ts'
import { type ObjectPredicate, parseFieldSelector, parseLabelSelector, pinnedName } from '../selectors.ts'
import { type Store } from '../store.ts'
import { type KubeObject } from '../types.ts'
import { type ListMeta } from './view.ts'

type Page = { objects: readonly KubeObject[]; metadata: ListMeta }

export type Lister = {
  list(resource: Resource, namespace: string | undefined, query: URLSearchParams): Page
}

type Snapshot = { objects: readonly KubeObject[]; version: number }

const snapshotsKept = 64

/** What both selectors of a request let through; undefined when there are none. */
export function selectorOf(resource: Resource, query: URLSearchParams): ObjectPredicate | undefined {
  const labels = query.get('labelSelector')
  const fields = query.get('fieldSelector')
  if (!labels && !fields) return undefined
  const byLabel = parseLabelSelector(labels ?? '')
  const byField = parseFieldSelector(resource.key, fields ?? '')
  return (object) => byLabel(object.metadata.labels ?? {}) && byField(object)
}

/** A resourceVersion parameter: undefined when absent or empty. 400 when it is no number. */
export function versionParameter(query: URLSearchParams, store: Store): number | undefined {
  const text = query.get('resourceVersion')
  if (!text) return undefined
  if (!/^\d+$/.test(text))
    throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`)
  const version = Number(text)
  if (version <= store.resourceVersion()) return version
  const error = unavailable(504, `Too large resource version: ${version}, current: ${store.resourceVersion()}`)
  error.status.details = {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
    retryAfterSeconds: 1,
  }
  throw error
}

function readToken(token: string): { version: number; start: number; key: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    const version = asNumber(isObject(parsed) ? parsed.rv : undefined)
    const start = asNumber(isObject(parsed) ? parsed.start : undefined)
    const key = asString(isObject(parsed) ? parsed.key : undefined)
    if (version !== undefined && start !== undefined && key !== undefined) return { version, start, key }
  } catch {
    // Not a token of ours: refused below.
  }
  throw badRequest('continue key is not valid: invalid continue token')
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

const byKey = ([left]: [string, KubeObject], [right]: [string, KubeObject]): number =>
  left < right ? -1 : left > right ? 1 : 0

const tooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results.'

/** Pages of one list all show the moment of its first page, until that moment is no longer in the history. */
export function createLister(store: Store): Lister {
  const snapshots = new Map<string, Snapshot>()

  function matching(resource: Resource, namespace: string | undefined, query: URLSearchParams): readonly KubeObject[] {
    const selector = selectorOf(resource, query)
    const name = pinnedName(query.get('fieldSelector') ?? undefined)
    if (name !== undefined && (namespace !== undefined || !resource.namespaced)) {
      const found = store.get(resource.key, namespace, name)
      return found && selector?.(found) ? [found] : []
    }
    const all = store.list(resource.key, namespace)
    return selector ? all.filter(selector) : all
  }

  /** The same at an older version, from the present by undoing the changes since. 410 when they are no longer known. */
  function matchingAt(
    version: number,
    resource: Resource,
    namespace: string | undefined,
    query: URLSearchParams,
  ): readonly KubeObject[] {
    const changes = store.since(resource.key, version)
    if (changes === undefined) throw expired(`The resourceVersion for the provided list is too old.`)
    if (changes.length === 0) return matching(resource, namespace, query)
    const then = new Map(store.list(resource.key).map((object) => [keyOf(object), object]))
    for (const { object, previous } of changes.toReversed()) {
      if (previous) then.set(keyOf(previous), previous)
      else then.delete(keyOf(object))
    }
    const selector = selectorOf(resource, query)
    const isMeant = (object: KubeObject): boolean =>
      (namespace === undefined || object.metadata.namespace === namespace) && (!selector || selector(object))
    return [...then]
      .filter(([, object]) => isMeant(object))
      .sort(byKey)
      .map(([, object]) => object)
  }

  function keep(key: string, snapshot: Snapshot): void {
    snapshots.delete(key)
    snapshots.set(key, snapshot)
    for (const oldest of snapshots.keys()) {
      if (snapshots.size <= snapshotsKept) return
      snapshots.delete(oldest)
    }
  }

  function page(key: string, snapshot: Snapshot, start: number, limit: number, selective: boolean): Page {
    const { objects, version } = snapshot
    const end = limit > 0 ? start + limit : objects.length
    const metadata: ListMeta = { resourceVersion: String(version) }
    if (end >= objects.length) return { objects: start === 0 ? objects : objects.slice(start), metadata }
    keep(key, snapshot)
    const token = Buffer.from(JSON.stringify({ rv: version, start: end, key })).toString('base64url')
    const remaining = selective ? {} : { remainingItemCount: objects.length - end }
    return { objects: objects.slice(start, end), metadata: { ...metadata, continue: token, ...remaining } }
  }

  return {
    list(resource, namespace, query) {
      const limit = Number(query.get('limit') ?? 0)
      if (!Number.isInteger(limit) || limit < 0) throw badRequest(`invalid limit: ${query.get('limit') ?? ''}`)
      const selective = Boolean(query.get('labelSelector') || query.get('fieldSelector'))
      const token = query.get('continue')
      if (token) {
        if (!['', '0'].includes(query.get('resourceVersion') ?? '')) {
          throw badRequest('specifying resource version is not allowed when using continue')
        }
        const { version, start, key } = readToken(token)
        if (store.since(resource.key, version) === undefined) throw expired(tooOld)
        const snapshot = snapshots.get(key) ?? {
          objects: matching(resource, namespace, query),
          version: store.resourceVersion(),
        }
        return page(key, snapshot, start, limit, selective)
      }
      const wanted = versionParameter(query, store)
      const match = query.get('resourceVersionMatch')
      if (match && wanted === undefined) {
        const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided'
        throw invalidOptions('ListOptions', notAllowed('resourceVersionMatch', why))
      }
      const version = match === 'Exact' && wanted !== undefined ? wanted : store.resourceVersion()
      const key = [resource.key, namespace, query.get('labelSelector'), query.get('fieldSelector'), version].join('|')
      return page(key, { objects: matchingAt(version, resource, namespace, query), version }, 0, limit, selective)
    },
  }
}
