/** THE table of resources: everything that is served is a row here. */

export type Resource = {
  /** `pods`, `deployments.apps`: how the rest of the program names it. */
  key: string
  group: string
  version: string
  plural: string
  singular: string
  kind: string
  namespaced: boolean
  shortNames: readonly string[]
  categories: readonly string[]
  /** `status` here means that the main resource's writes leave status alone, and the other way round. */
  subresources: readonly string[]
  /** Whether metadata.generation counts changes of the spec. */
  generation: boolean
}

type Options = Partial<Pick<Resource, 'singular' | 'shortNames' | 'categories' | 'subresources' | 'generation'>> & {
  cluster?: true
}

function resource(group: string, plural: string, kind: string, options: Options = {}): Resource {
  return {
    key: group ? `${plural}.${group}` : plural,
    group,
    version: 'v1',
    plural,
    singular: options.singular ?? kind.toLowerCase(),
    kind,
    namespaced: !options.cluster,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    subresources: options.subresources ?? [],
    generation: options.generation ?? false,
  }
}

const all = ['all']
const cluster = true as const
const status = ['status']
const scaled = ['status', 'scale']
const rbac = 'rbac.authorization.k8s.io'

export const resources: readonly Resource[] = [
  resource('', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  resource('', 'endpoints', 'Endpoints', { shortNames: ['ep'] }),
  resource('', 'events', 'Event', { shortNames: ['ev'] }),
  resource('', 'limitranges', 'LimitRange', { shortNames: ['limits'] }),
  resource('', 'namespaces', 'Namespace', { shortNames: ['ns'], cluster, subresources: ['status', 'finalize'] }),
  resource('', 'nodes', 'Node', { shortNames: ['no'], cluster, subresources: status }),
  resource('', 'persistentvolumeclaims', 'PersistentVolumeClaim', { shortNames: ['pvc'], subresources: status }),
  resource('', 'persistentvolumes', 'PersistentVolume', { shortNames: ['pv'], cluster, subresources: status }),
  resource('', 'pods', 'Pod', {
    shortNames: ['po'],
    categories: all,
    subresources: ['status', 'binding', 'eviction', 'log'],
    generation: true,
  }),
  resource('', 'resourcequotas', 'ResourceQuota', { shortNames: ['quota'], subresources: status }),
  resource('', 'secrets', 'Secret'),
  resource('', 'serviceaccounts', 'ServiceAccount', { shortNames: ['sa'], subresources: ['token'] }),
  resource('', 'services', 'Service', { shortNames: ['svc'], categories: all, subresources: status }),
  resource('apps', 'controllerrevisions', 'ControllerRevision'),
  resource('apps', 'daemonsets', 'DaemonSet', {
    shortNames: ['ds'],
    categories: all,
    subresources: status,
    generation: true,
  }),
  resource('apps', 'deployments', 'Deployment', {
    shortNames: ['deploy'],
    categories: all,
    subresources: scaled,
    generation: true,
  }),
  resource('apps', 'replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    categories: all,
    subresources: scaled,
    generation: true,
  }),
  resource('apps', 'statefulsets', 'StatefulSet', {
    shortNames: ['sts'],
    categories: all,
    subresources: scaled,
    generation: true,
  }),
  resource('batch', 'cronjobs', 'CronJob', {
    shortNames: ['cj'],
    categories: all,
    subresources: status,
    generation: true,
  }),
  resource('batch', 'jobs', 'Job', { categories: all, subresources: status, generation: true }),
  resource('networking.k8s.io', 'ingressclasses', 'IngressClass', { cluster, generation: true }),
  resource('networking.k8s.io', 'ingresses', 'Ingress', {
    shortNames: ['ing'],
    subresources: status,
    generation: true,
  }),
  resource('networking.k8s.io', 'networkpolicies', 'NetworkPolicy', { shortNames: ['netpol'], generation: true }),
  resource('policy', 'poddisruptionbudgets', 'PodDisruptionBudget', {
    shortNames: ['pdb'],
    subresources: status,
    generation: true,
  }),
  resource('coordination.k8s.io', 'leases', 'Lease'),
  resource('storage.k8s.io', 'storageclasses', 'StorageClass', { shortNames: ['sc'], cluster }),
  resource('discovery.k8s.io', 'endpointslices', 'EndpointSlice', { generation: true }),
  resource(rbac, 'clusterrolebindings', 'ClusterRoleBinding', { cluster }),
  resource(rbac, 'clusterroles', 'ClusterRole', { cluster }),
  resource(rbac, 'rolebindings', 'RoleBinding'),
  resource(rbac, 'roles', 'Role'),
  resource('admissionregistration.k8s.io', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
    cluster,
    subresources: status,
    generation: true,
  }),
  resource('admissionregistration.k8s.io', 'validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
    cluster,
    generation: true,
  }),
]

const byKey = new Map(resources.map((each) => [each.key, each]))

/** The row of a key such as `pods` or `deployments.apps`. A key that is not in the table is a mistake of the caller. */
export function resourceOf(key: string): Resource {
  const found = byKey.get(key)
  if (!found) throw new Error(`no such resource: ${key}`)
  return found
}

/** The resource at `/api/v1/…` (group '') or `/apis/group/version/…`, if it is served. */
export function findResource(group: string, version: string, plural: string): Resource | undefined {
  const found = byKey.get(group ? `${plural}.${group}` : plural)
  return found?.version === version ? found : undefined
}

/** `v1`, `apps/v1`: the apiVersion of the resource's objects. */
export function apiVersionOf(resource: Resource): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version
}

export function hasStatus(resource: Resource): boolean {
  return resource.subresources.includes('status')
}

/** The resource of a kind, as an owner reference or an event names it. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion)
}
