/** Requests for resources: which verb a request is, and who answers it. */
import { type Operations } from '../api/operations.ts'
import { bindPod } from '../api/local.ts'
import { type Target } from '../api/request.ts'
import { badRequest, methodNotAllowed, noSuchPath } from '../errors.ts'
import { asObject, asString, at, type JsonObject } from '../json.ts'
import { type Logs } from '../logs.ts'
import { type Store } from '../store.ts'
import { type Clock } from '../types.ts'
import { evictPod } from './eviction.ts'
import {
  type Exchange,
  parseBody,
  readBody,
  readObject,
  representationOf,
  requireAcceptable,
  sendJson,
} from './exchange.ts'
import { type Lister } from './list.ts'
import { serveLog } from './log.ts'
import { type ResourcePath } from './path.ts'
import { scaleOf, withScale } from './scale.ts'
import { type Serialiser } from './serialise.ts'
import { createToken } from './token.ts'
import { createView, type View } from './view.ts'
import { type Watches } from './watch.ts'
import { type Result, writeOptions, type Writes } from './write.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'

export type ResourceContext = {
  store: Store
  clock: Clock
  operations: Operations
  writes: Writes
  lister: Lister
  watches: Watches
  serialiser: Serialiser
  logs: Logs
}

export type ServeResource = (exchange: Exchange, path: ResourcePath) => Promise<void>

export function createResourceHandler(context: ResourceContext): ServeResource {
  const { store, clock, operations, writes, lister, watches, serialiser, logs } = context

  function viewOf(exchange: Exchange): View {
    const include = exchange.query.get('includeObject') ?? 'Metadata'
    return createView(serialiser, representationOf(exchange), include, () => clock.now())
  }

  async function collection(exchange: Exchange, { resource, namespace }: ResourcePath): Promise<void> {
    const { method, query } = exchange
    if (method === 'GET' || method === 'HEAD') {
      if (['true', '1'].includes(query.get('watch') ?? '') || exchange.path.includes('/watch/')) {
        watches.open(exchange, resource, namespace, viewOf(exchange))
        return
      }
      const { objects, metadata } = lister.list(resource, namespace, query)
      sendJson(exchange, 200, viewOf(exchange).list(resource, objects, metadata))
      return
    }
    if (resource.namespaced && namespace === undefined) throw methodNotAllowed()
    if (method === 'POST') {
      const { object, code, warnings } = await writes.create(exchange, resource, namespace)
      sendJson(exchange, code, viewOf(exchange).one(resource, object), warnings)
    } else if (method === 'DELETE') {
      const { objects, metadata } = lister.list(resource, namespace, query)
      await writes.removeAll(exchange, resource, objects)
      sendJson(exchange, 200, viewOf(exchange).list(resource, objects, metadata))
    } else throw methodNotAllowed()
  }

  async function single(exchange: Exchange, target: Target): Promise<void> {
    const { method } = exchange
    const { resource } = target
    const reply = ({ object, code, warnings }: Result): void =>
      sendJson(exchange, code, viewOf(exchange).one(resource, object), warnings)
    switch (method) {
      case 'GET':
      case 'HEAD':
        if (['true', '1'].includes(exchange.query.get('watch') ?? '')) {
          exchange.query.set('fieldSelector', `metadata.name=${target.name}`)
          watches.open(exchange, resource, target.namespace, viewOf(exchange))
          return
        }
        reply({ object: operations.get(target), code: 200, warnings: [] })
        return
      case 'PUT':
        reply(await writes.replace(exchange, target))
        return
      case 'PATCH':
        reply(await writes.patch(exchange, target))
        return
      case 'DELETE': {
        const { body, warnings } = await writes.remove(exchange, target)
        sendJson(exchange, 200, JSON.stringify(body), warnings)
        return
      }
      default:
        throw methodNotAllowed()
    }
  }

  async function scale(exchange: Exchange, target: Target): Promise<void> {
    const { method } = exchange
    if (method === 'GET') {
      sendJson(exchange, 200, JSON.stringify(scaleOf(operations.get(target))))
      return
    }
    const options = writeOptions(exchange)
    let wanted: JsonObject
    if (method === 'PUT') wanted = await readObject(exchange)
    else if (method === 'PATCH') {
      const mediaType = exchange.request.headers['content-type'] ?? ''
      const patch = parseBody(await readBody(exchange), mediaType)
      const present = scaleOf(operations.get(target))
      wanted = mediaType.includes('json-patch')
        ? applyJsonPatch(present, patch)
        : applyMergePatch(present, asObject(patch))
    } else throw methodNotAllowed()
    const object = operations.update(target, (current) => withScale(current, wanted), options, 'scale')
    sendJson(exchange, 200, JSON.stringify(scaleOf(object)), options.warnings)
  }

  async function podSubresource(exchange: Exchange, target: Target, subresource: string): Promise<void> {
    const { method } = exchange
    const pod = operations.get(target)
    if (subresource === 'log' && method === 'GET') {
      const onGone = (run: () => void): (() => void) =>
        store.subscribeTo('pods', ({ type, object }) => {
          if (type === 'DELETED' && object.metadata.uid === pod.metadata.uid) run()
        })
      serveLog(exchange, pod, logs, clock, onGone)
      return
    }
    if (method !== 'POST') throw methodNotAllowed()
    const body = await readObject(exchange)
    if (subresource === 'eviction') {
      sendJson(exchange, 201, JSON.stringify(evictPod(store, clock, operations, pod, body)))
      return
    }
    if (subresource !== 'binding') throw noSuchPath()
    const node = asString(at(body, 'target', 'name'))
    if (!node) throw badRequest('Binding: target.name: Required value')
    bindPod(operations, target.namespace ?? '', target.name, node)
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
    sendJson(exchange, 201, JSON.stringify(status))
  }

  async function subresource(exchange: Exchange, target: Target, name: string): Promise<void> {
    const { resource } = target
    if (!resource.subresources.includes(name)) throw noSuchPath()
    if (name === 'scale') return scale(exchange, target)
    if (name === 'token') {
      if (exchange.method !== 'POST') throw methodNotAllowed()
      const token = createToken(operations.get(target), await readObject(exchange), clock.now())
      sendJson(exchange, 201, JSON.stringify(token))
      return
    }
    if (name !== 'status' && name !== 'finalize') return podSubresource(exchange, target, name)
    const result =
      exchange.method === 'GET'
        ? { object: operations.get(target), code: 200, warnings: [] }
        : exchange.method === 'PUT'
          ? await writes.replace(exchange, target, name)
          : exchange.method === 'PATCH'
            ? await writes.patch(exchange, target, name)
            : undefined
    if (!result) throw methodNotAllowed()
    sendJson(exchange, result.code, viewOf(exchange).one(resource, result.object), result.warnings)
  }

  return async (exchange, path) => {
    const { resource, namespace, name } = path
    requireAcceptable(exchange)
    if (name === undefined) return collection(exchange, path)
    const target: Target = { resource, namespace, name }
    return path.subresource === undefined ? single(exchange, target) : subresource(exchange, target, path.subresource)
  }
}
