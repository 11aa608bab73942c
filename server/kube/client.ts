import type { Logger } from '../lib/log.ts'
import { createApply, fieldManager, type ApplyOptions } from './apply.ts'
import { openSource, type KubeSource } from './connection.ts'
import { createDelete, type DeleteOptions } from './delete.ts'
import { isKubeError, kubeError } from './errors.ts'
import { createList, type ListOptions, type ListResult } from './list.ts'
import type { KindRef, KubeObject, ObjectRef } from './object.ts'
import { parseJson, parseObject } from './parse.ts'
import { objectPath } from './resources.ts'
import { createSessions } from './session.ts'
import { createTransport } from './transport.ts'
import { createWatch, type Watch, type WatchHandlers, type WatchOptions } from './watch.ts'

export type { KubeSource } from './connection.ts'

/**
 * One cluster. Every method throws a KubeError (errors.ts); `unreachable` and `timeout` say nothing about the object.
 * Requests end after 30 seconds.
 */
export type KubeClient = {
  /** Undefined when absent. */
  get(ref: ObjectRef): Promise<KubeObject | undefined>
  /** All pages. Items carry apiVersion and kind, which the API server leaves out of lists. */
  list(kind: KindRef, options?: ListOptions): Promise<ListResult>
  /** Server-side apply as field manager `berth` (KEP-555): creates or changes, takes fields over unless `force` is false. */
  apply(object: KubeObject, options?: ApplyOptions): Promise<KubeObject>
  /** False when it is absent already. With a `uid`, another object of that name is left alone (and that is false, too). */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<boolean>
  /** JSON merge patch (RFC 7386). Throws `notFound` when absent. */
  patch(ref: ObjectRef, mergePatch: object, options?: { subresource?: 'status' | 'scale' }): Promise<KubeObject>
  /** What a container wrote, at most 1 MiB of it. */
  logs(namespace: string, pod: string, options?: LogOptions): Promise<string>
  /** A supervised watch: see watch.ts. */
  watch<T>(kind: KindRef, options: WatchOptions<T>, handlers: WatchHandlers<T>): Watch
  /** UID of the namespace kube-system: the same for a cluster's whole life, and for no other cluster. */
  identity(): Promise<string>
  /** `v1.34.4` */
  version(): Promise<string>
  /** Ends watches, requests under way and connections. */
  close(): void
}
type LogOptions = { container?: string; tailLines?: number; previous?: boolean }

const logLimitBytes = 1024 * 1024

/**
 * A client for the cluster of the source. Opens nothing yet, but throws a KubeError `invalid`, one sentence, when the
 * kubeconfig is missing or broken. At most `maxConnections` (64) requests are under way at once; others wait.
 */
export function createKubeClient(
  source: KubeSource,
  { log, maxConnections = 64 }: { log: Logger; maxConnections?: number },
): KubeClient {
  const transport = createTransport(createSessions(openSource(source), { log, maxConnections }))
  const watches = new Set<Watch>()
  const get = (ref: ObjectRef) =>
    transport
      .send({ method: 'GET', path: objectPath(ref, ref.name, ref.namespace) })
      .then(parseObject)
      .catch(undefinedWhenAbsent)

  return {
    get,
    list: createList(transport),
    apply: createApply(transport),
    delete: createDelete(transport),
    patch: async (ref, mergePatch, { subresource } = {}) =>
      parseObject(
        await transport.send({
          method: 'PATCH',
          path: objectPath(ref, ref.name, ref.namespace) + (subresource ? `/${subresource}` : ''),
          query: { fieldManager },
          contentType: 'application/merge-patch+json',
          body: mergePatch,
        }),
      ),
    logs: (namespace, pod, options = {}) =>
      transport.send({
        method: 'GET',
        path: `${objectPath({ apiVersion: 'v1', kind: 'Pod' }, pod, namespace)}/log`,
        query: { ...options, limitBytes: logLimitBytes },
      }),
    watch: (kind, options, handlers) => {
      const watch = createWatch({ transport, log }, kind, options, handlers)
      watches.add(watch)
      return {
        stop: () => {
          watches.delete(watch)
          watch.stop()
        },
      }
    },
    identity: async () => {
      const namespace = await get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' })
      if (!namespace?.metadata.uid) throw kubeError('server', 'The cluster has no namespace kube-system to know it by.')
      return namespace.metadata.uid
    },
    version: async () => {
      const answer = parseJson(await transport.send({ method: 'GET', path: '/version' }))
      return String((answer as { gitVersion?: unknown }).gitVersion)
    },
    close: () => {
      for (const watch of watches) watch.stop()
      transport.close()
    },
  }
}

const undefinedWhenAbsent = (error: unknown): undefined => {
  if (isKubeError(error) && error.kind === 'notFound') return undefined
  throw error
}
