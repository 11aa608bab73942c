import type { KubeClient } from '../server/kube/client.ts'
import type { KubeObject } from '../server/kube/object.ts'

/** When things happened in the cluster, seen by one watch for everybody who is measured: times of `performance.now()`. */
export type ReadyWatch = {
  /** When the first pod of a namespace became ready. */
  ready(namespace: string): Promise<number>
  /** When so many namespaces had a ready pod. */
  allReady(count: number): Promise<number>
  /** When the first namespace of a subscription appeared: when somebody began to apply. */
  firstNamespace(): number
  stop(): void
}

const isReady = (pod: KubeObject): boolean => {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Watches the pods that a subscription's objects make, whoever applied them. */
export async function watchReady(client: KubeClient): Promise<ReadyWatch> {
  const readyAt = new Map<string, number>()
  const waiting: { due: () => boolean; resolve: () => void }[] = []
  let first: number | undefined
  const namespaces = await new Promise<{ stop(): void }>((resolve) => {
    const started = client.watch(
      { apiVersion: 'v1', kind: 'Namespace' },
      { labelSelector: 'berth.dev/subscription', project: ({ metadata }) => metadata.name },
      { onEvent: () => (first ??= performance.now()), onSynced: () => resolve(started) },
    )
  })
  const pods = await new Promise<{ stop(): void }>((resolve) => {
    const started = client.watch(
      { apiVersion: 'v1', kind: 'Pod' },
      {
        labelSelector: 'berth.dev/component',
        project: (pod) => ({ namespace: pod.metadata.namespace ?? '', ready: isReady(pod) }),
      },
      {
        onEvent({ type, object: { namespace, ready } }) {
          if (type === 'DELETED' || !ready || readyAt.has(namespace)) return
          readyAt.set(namespace, performance.now())
          for (const waiter of waiting.filter(({ due }) => due())) waiter.resolve()
        },
        onSynced: () => resolve(started),
      },
    )
  })
  const until = (due: () => boolean): Promise<void> =>
    due() ? Promise.resolve() : new Promise((resolve) => waiting.push({ due, resolve }))
  return {
    async ready(namespace) {
      await until(() => readyAt.has(namespace))
      return readyAt.get(namespace) ?? NaN
    },
    async allReady(count) {
      await until(() => readyAt.size >= count)
      return Math.max(...readyAt.values())
    },
    firstNamespace: () => first ?? NaN,
    stop() {
      namespaces.stop()
      pods.stop()
    },
  }
}
