import type { KubeClient } from '../../kube/client.ts'
import type { KubeObject, ObjectRef } from '../../kube/object.ts'
import { namespaceOf } from '../../workload/manifests/names.ts'
import { eventually } from '../eventually.ts'
import { uuidOf } from './customer.ts'

/** What an administrator sees of a subscription in the cluster, asked of the API server. */

const kinds = [
  ['v1', 'ResourceQuota'],
  ['v1', 'LimitRange'],
  ['v1', 'ServiceAccount'],
  ['v1', 'Secret'],
  ['v1', 'ConfigMap'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Service'],
  ['v1', 'Pod'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['batch/v1', 'Job'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['policy/v1', 'PodDisruptionBudget'],
] as const

const apiVersions = new Map<string, string>(kinds.map(([apiVersion, kind]) => [kind, apiVersion]))

/** What was changed by hand is back within seconds of the event that tells of it. */
export const repairMilliseconds = 10_000

/** The namespace of a subscription by the id that the API gives. */
export const namespaceFor = (subscriptionId: string): string => namespaceOf(uuidOf(subscriptionId))

export const refTo = (subscriptionId: string, kind: string, name: string): ObjectRef => ({
  apiVersion: apiVersions.get(kind) ?? 'v1',
  kind,
  name,
  namespace: namespaceFor(subscriptionId),
})

/** All of a kind in the subscription's namespace, those that are being deleted too. */
export async function objectsOf(admin: KubeClient, subscriptionId: string, kind: string): Promise<KubeObject[]> {
  const apiVersion = apiVersions.get(kind) ?? 'v1'
  const { items } = await admin.list({ apiVersion, kind }, { namespace: namespaceFor(subscriptionId) })
  return items
}

/** The only one of its kind. Throws where there are none or several. */
export async function onlyOne(admin: KubeClient, subscriptionId: string, kind: string): Promise<KubeObject> {
  const [first, ...more] = await objectsOf(admin, subscriptionId, kind)
  if (!first || more.length > 0) throw new Error(`there is not one ${kind} but ${first ? more.length + 1 : 0}`)
  return first
}

/** `Kind/name` of everything in the namespace, sorted; pods of Deployments without the random end of their name. */
export async function inventory(admin: KubeClient, subscriptionId: string): Promise<string[]> {
  const lists = await Promise.all(kinds.map(([, kind]) => objectsOf(admin, subscriptionId, kind)))
  return lists
    .flat()
    .filter(({ kind, metadata }) => !madeByKubernetes.has(`${kind}/${metadata.name}`))
    .map(({ kind, metadata: { name, deletionTimestamp } }) => `${kind}/${name}${deletionTimestamp ? ' (leaving)' : ''}`)
    .sort()
}

const madeByKubernetes = new Set(['ServiceAccount/default', 'ConfigMap/kube-root-ca.crt'])

/** The claim's UID: as long as it is the same, so is the data. */
export async function claimOf(admin: KubeClient, subscriptionId: string): Promise<string> {
  const { metadata } = await onlyOne(admin, subscriptionId, 'PersistentVolumeClaim')
  return metadata.uid ?? ''
}

/** Deletes it as somebody else would, and says how many milliseconds later another one stands in its place. */
export async function millisecondsUntilBack(admin: KubeClient, ref: ObjectRef, deadlineMs = 10_000): Promise<number> {
  const before = await admin.get(ref)
  if (!before) throw new Error(`there is no ${ref.kind} ${ref.name} to delete`)
  const started = performance.now()
  await admin.delete(ref)
  await eventually(
    async () => {
      const now = await admin.get(ref)
      if (now && now.metadata.uid !== before.metadata.uid && !now.metadata.deletionTimestamp) return true
      throw new Error(`${ref.kind} ${ref.name} is not back`)
    },
    { deadlineMs },
  )
  return performance.now() - started
}

/** Neither the namespace nor a volume that a claim of it named. */
export async function isGone(admin: KubeClient, subscriptionId: string): Promise<boolean> {
  const name = namespaceFor(subscriptionId)
  if (await admin.get({ apiVersion: 'v1', kind: 'Namespace', name })) return false
  const { items } = await admin.list({ apiVersion: 'v1', kind: 'PersistentVolume' })
  return !items.some((volume) => JSON.stringify(volume['spec']).includes(name))
}

/** Whatever a test left in the cluster. */
export async function removeNamespaces(admin: KubeClient, installationId: string): Promise<void> {
  const labelSelector = `berth.dev/installation=${installationId}`
  const { items } = await admin.list({ apiVersion: 'v1', kind: 'Namespace' }, { labelSelector })
  for (const { metadata } of items) {
    await admin.delete({ apiVersion: 'v1', kind: 'Namespace', name: metadata.name })
  }
}
