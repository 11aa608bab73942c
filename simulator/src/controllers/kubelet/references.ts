/** Secrets and ConfigMaps that a pod needs before its containers can be made. */
import { type Cluster } from '../shared/cluster.ts'
import { type Container, type Pod } from '../shared/kinds.ts'

/** Why the container's environment cannot be made, in the kubelet's words; undefined when it can. */
export function environmentProblem(cluster: Cluster, pod: Pod, container: Container): string | undefined {
  for (const { secretRef, configMapRef } of container.envFrom ?? []) {
    const problem =
      (secretRef && missing(cluster, pod, 'secrets', secretRef.name, secretRef.optional)) ??
      (configMapRef && missing(cluster, pod, 'configmaps', configMapRef.name, configMapRef.optional))
    if (problem !== undefined) return problem
  }
  for (const { valueFrom } of container.env ?? []) {
    const { secretKeyRef: secret, configMapKeyRef: map } = valueFrom ?? {}
    const problem =
      (secret && missing(cluster, pod, 'secrets', secret.name, secret.optional, secret.key)) ??
      (map && missing(cluster, pod, 'configmaps', map.name, map.optional, map.key))
    if (problem !== undefined) return problem
  }
  return undefined
}

function missing(
  cluster: Cluster,
  pod: Pod,
  resource: 'secrets' | 'configmaps',
  name = '',
  optional = false,
  key?: string,
): string | undefined {
  if (optional) return undefined
  const { namespace } = pod.metadata
  const found = cluster.get(resource, namespace, name)
  if (!found) return `${resource === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`
  const data: Record<string, string> = { ...found.data }
  if (key === undefined || Object.hasOwn(data, key)) return undefined
  return `couldn't find key ${key} in ${resource === 'secrets' ? 'Secret' : 'ConfigMap'} ${namespace}/${name}`
}

/** Why a volume cannot be mounted, in the kubelet's words; undefined when all can. */
export function volumeProblem(cluster: Cluster, pod: Pod): string | undefined {
  for (const volume of pod.spec.volumes ?? []) {
    const { secret, configMap, persistentVolumeClaim: claim } = volume
    const problem =
      (secret && missing(cluster, pod, 'secrets', secret.secretName, secret.optional)) ??
      (configMap && missing(cluster, pod, 'configmaps', configMap.name, configMap.optional)) ??
      (claim && claimProblem(cluster, pod, claim.claimName))
    if (problem !== undefined) return `MountVolume.SetUp failed for volume "${volume.name}" : ${problem}`
  }
  return undefined
}

function claimProblem(cluster: Cluster, pod: Pod, name: string): string | undefined {
  const claim = cluster.get('persistentvolumeclaims', pod.metadata.namespace, name)
  if (!claim) return `persistentvolumeclaim "${name}" not found`
  if (claim.status?.phase !== 'Bound') return `PVC ${pod.metadata.namespace}/${name} is not bound`
  return undefined
}
