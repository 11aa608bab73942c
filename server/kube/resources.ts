import type { KindRef } from './object.ts'

type Resource = { plural: string; namespaced: boolean }

const inNamespace = (plural: string): Resource => ({ plural, namespaced: true })
const ofCluster = (plural: string): Resource => ({ plural, namespaced: false })

/**
 * Every kind that Berth speaks of, under its stable version. A table rather than discovery: the kinds are known when
 * the code is written, discovery costs requests at every start, and a kind outside the table has no right in
 * deploy/kubernetes/rights.yaml either.
 */
const resources: Readonly<Record<string, Resource>> = {
  'v1/ConfigMap': inNamespace('configmaps'),
  'v1/Event': inNamespace('events'),
  'v1/LimitRange': inNamespace('limitranges'),
  'v1/Namespace': ofCluster('namespaces'),
  'v1/Node': ofCluster('nodes'),
  'v1/PersistentVolume': ofCluster('persistentvolumes'),
  'v1/PersistentVolumeClaim': inNamespace('persistentvolumeclaims'),
  'v1/Pod': inNamespace('pods'),
  'v1/ResourceQuota': inNamespace('resourcequotas'),
  'v1/Secret': inNamespace('secrets'),
  'v1/Service': inNamespace('services'),
  'v1/ServiceAccount': inNamespace('serviceaccounts'),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': ofCluster('validatingadmissionpolicies'),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': ofCluster('validatingadmissionpolicybindings'),
  'apps/v1/DaemonSet': inNamespace('daemonsets'),
  'apps/v1/Deployment': inNamespace('deployments'),
  'apps/v1/ReplicaSet': inNamespace('replicasets'),
  'apps/v1/StatefulSet': inNamespace('statefulsets'),
  'batch/v1/Job': inNamespace('jobs'),
  'coordination.k8s.io/v1/Lease': inNamespace('leases'),
  'discovery.k8s.io/v1/EndpointSlice': inNamespace('endpointslices'),
  'metrics.k8s.io/v1beta1/NodeMetrics': ofCluster('nodes'),
  'metrics.k8s.io/v1beta1/PodMetrics': inNamespace('pods'),
  'networking.k8s.io/v1/Ingress': inNamespace('ingresses'),
  'networking.k8s.io/v1/IngressClass': ofCluster('ingressclasses'),
  'networking.k8s.io/v1/NetworkPolicy': inNamespace('networkpolicies'),
  'policy/v1/PodDisruptionBudget': inNamespace('poddisruptionbudgets'),
  'rbac.authorization.k8s.io/v1/ClusterRole': ofCluster('clusterroles'),
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': ofCluster('clusterrolebindings'),
  'rbac.authorization.k8s.io/v1/Role': inNamespace('roles'),
  'rbac.authorization.k8s.io/v1/RoleBinding': inNamespace('rolebindings'),
  'storage.k8s.io/v1/StorageClass': ofCluster('storageclasses'),
}

const resourceOf = ({ apiVersion, kind }: KindRef): Resource => {
  const resource = resources[`${apiVersion}/${kind}`]
  if (!resource) throw new Error(`No resource is known for ${apiVersion} ${kind}: add it to server/kube/resources.ts.`)
  return resource
}

const root = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)

/** The path of a collection; of all namespaces together where the kind has namespaces and none is given. */
export function collectionPath(kind: KindRef, namespace?: string): string {
  const { plural, namespaced } = resourceOf(kind)
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root(kind.apiVersion)}${scope}/${plural}`
}

/** The path of one object. Throws when the kind lives in namespaces and none is given. */
export function objectPath(kind: KindRef, name: string, namespace?: string): string {
  if (resourceOf(kind).namespaced && namespace === undefined) throw new Error(`${kind.kind} ${name} needs a namespace.`)
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`
}
