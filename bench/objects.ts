import type { KubeClient } from '../server/kube/client.ts'
import type { KubeObject } from '../server/kube/object.ts'

/** The objects of a subscription as they stand in the cluster, ready to be applied again under another name. */

/** In the order in which they need each other. */
const kinds = [
  ['v1', 'ResourceQuota'],
  ['v1', 'LimitRange'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['v1', 'ServiceAccount'],
  ['v1', 'Secret'],
  ['v1', 'ConfigMap'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Service'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['batch/v1', 'Job'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['policy/v1', 'PodDisruptionBudget'],
] as const
const managed = 'app.kubernetes.io/managed-by=berth'

/** Namespace first. Needs to read secrets: an administrator's client. */
export async function dumpNamespace(client: KubeClient, namespace: string): Promise<KubeObject[]> {
  const self = await client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
  if (!self) throw new Error(`There is no namespace ${namespace}.`)
  const lists = await Promise.all(
    kinds.map(([apiVersion, kind]) => client.list({ apiVersion, kind }, { namespace, labelSelector: managed })),
  )
  return [self, ...lists.flatMap(({ items }) => items)].map(asApplied)
}

/** What the server and its controllers filled in is taken out again. */
function asApplied({ apiVersion, kind, metadata, status: _status, ...rest }: KubeObject): KubeObject {
  const { name, namespace, labels = {}, annotations = {} } = metadata
  const own = Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith('berth.dev/')))
  const object = {
    apiVersion,
    kind,
    metadata: { name, ...(namespace && { namespace }), labels, annotations: own },
    ...rest,
  }
  const spec = { ...((rest['spec'] ?? {}) as Record<string, unknown>) }
  if (kind === 'Namespace') return { ...object, spec: undefined }
  if (kind === 'Service')
    for (const field of ['clusterIP', 'clusterIPs']) if (spec[field] !== 'None') delete spec[field]
  if (kind === 'PersistentVolumeClaim') delete spec['volumeName']
  return Object.keys(spec).length > 0 ? { ...object, spec } : object
}

/** The same objects in another namespace, labelled as nobody's, so that no Berth takes them for its own. */
export function renamed(objects: readonly KubeObject[], from: string, to: string): KubeObject[] {
  const text = JSON.stringify(objects)
    .replaceAll(from, to)
    .replaceAll(/"berth\.dev\/installation":"[^"]*"/g, '"berth.dev/installation":"bench"')
    .replaceAll(from.replace('berth-', ''), to.replace('berth-', ''))
  return JSON.parse(text) as KubeObject[]
}
