import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { namespaceOf } from '../../workload/manifests/names.ts'
import type { Cause, Component } from './conditions.ts'
import type { DesiredRow } from './desired.ts'

/** What the watched objects do not say: asked of the cluster only when something does not come up. */

const patienceMilliseconds = 5_000
const lines = 5

/**
 * Why a workload that should have pods has none: its controller says so in events (a full quota, an admission rule).
 */
export async function explainRefusal(
  client: KubeClient,
  row: DesiredRow,
  components: readonly Component[],
  now: Date,
): Promise<Cause[]> {
  const without = components.filter(
    ({ replicas, pods, kind, observed }) =>
      replicas > 0 && pods.length === 0 && (kind !== 'job' || !observed?.workload?.succeeded),
  )
  const since = row.operation?.startedAt
  if (without.length === 0 || !since || now.getTime() - new Date(since).getTime() < patienceMilliseconds) return []
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Event' },
    { namespace: namespaceOf(row.id), fieldSelector: 'reason=FailedCreate' },
  )
  const [latest] = items.flatMap(({ message }) => (typeof message === 'string' ? [message] : [])).reverse()
  if (latest === undefined) return []
  const quota = latest.includes('exceeded quota')
  return [
    {
      reason: quota ? 'QuotaExceeded' : 'PodsRefused',
      message: `The cluster refuses the pods of "${without[0]?.name ?? ''}": ${latest}`,
      nextAction: quota ? 'A larger plan gives it room.' : 'The operator of this cluster has to look at it.',
      lasting: true,
    },
  ]
}

/** A crashing container's last words belong to its cause: they are read once per restart. */
export async function withLastLines(
  client: KubeClient,
  namespace: string,
  components: readonly Component[],
  row: DesiredRow,
): Promise<Component[]> {
  return Promise.all(
    components.map(async (component) => ({
      ...component,
      pods: await Promise.all(
        component.pods.map(async (observed) => {
          const { pod } = observed
          if (pod?.reason !== 'CrashLoopBackOff') return observed
          const stored = row.pods.find(({ id }) => id === observed.uid)
          const known = stored?.restarts === pod.restarts && stored.reason === pod.reason ? stored.message : null
          const message = known ?? (await lastLines(client, namespace, observed.name, pod.container)) ?? pod.message
          return { ...observed, pod: { ...pod, message } }
        }),
      ),
    })),
  )
}

async function lastLines(
  client: KubeClient,
  namespace: string,
  pod: string,
  container: string | undefined,
): Promise<string | undefined> {
  try {
    const log = await client.logs(namespace, pod, {
      previous: true,
      tailLines: lines,
      ...(container !== undefined && { container }),
    })
    return log.trim() === '' ? undefined : `Its last lines were: ${log.trim().slice(-1_000)}`
  } catch (error) {
    // The log of a run that is already gone is not worth a failed pass.
    if (isKubeError(error) && error.kind !== 'unreachable') return undefined
    throw error
  }
}
