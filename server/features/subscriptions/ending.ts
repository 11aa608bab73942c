import type { KubeClient } from '../../kube/client.ts'
import { namespaceOf } from '../../workload/manifests/names.ts'
import { observe, type ClusterView } from '../clusters/service.ts'
import { stuckEnding, type Cause } from './conditions.ts'
import type { DesiredRow } from './desired.ts'

/**
 * Deletes a subscription's namespace and says when it is proven to be gone: the API server, asked directly, knows
 * neither the namespace nor a volume that a claim of it named. Safe to repeat at any step.
 */
export async function removeEverything(
  client: KubeClient,
  view: ClusterView,
  row: DesiredRow,
): Promise<{ absent: boolean; causes: Cause[] }> {
  const name = namespaceOf(row.id)
  const ref = { apiVersion: 'v1', kind: 'Namespace', name }
  const namespace = await client.get(ref)
  if (namespace) {
    const { deleting, remaining = [], uid } = observe(namespace)
    if (!deleting) await client.delete(ref, { propagation: 'Background', uid })
    return { absent: false, causes: remaining.length > 0 ? [stuckEnding(remaining)] : [] }
  }
  const left = await volumesLeft(client, view, row)
  return { absent: left.length === 0, causes: left.length > 0 ? [volumesRemain(left)] : [] }
}

/** The volumes that were bound, and any that the watch knows by the namespace of its claim. */
async function volumesLeft(client: KubeClient, view: ClusterView, row: DesiredRow): Promise<string[]> {
  const names = new Set([
    ...row.volumes.flatMap(({ persistentVolume }) => persistentVolume ?? []),
    ...view.volumes(row.id).map((volume) => volume.name),
  ])
  const found = await Promise.all(
    [...names].map((name) => client.get({ apiVersion: 'v1', kind: 'PersistentVolume', name })),
  )
  return found.flatMap((volume) => volume?.metadata.name ?? [])
}

const volumesRemain = (names: readonly string[]): Cause => ({
  reason: 'VolumesRemain',
  message: `The cluster still holds ${names.map((name) => `"${name}"`).join(', ')}.`,
  nextAction: 'Wait. A volume whose reclaim policy is Retain is removed by the operator.',
  lasting: false,
})
