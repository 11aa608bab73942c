/** Defaults of each kind (k8s.io/kubernetes/pkg/apis/<group>/v1/defaults.go). Objects are completed in place. */
import { asArray, asObject, asObjects, at, isObject, type JsonObject } from '../json.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'
import { defaultPodSpec, setDefault } from './pod-defaults.ts'
import { podSpecOf } from './pod-template.ts'

type Default = (object: KubeObject, spec: JsonObject, previous?: KubeObject) => void

function ensure(object: JsonObject, field: string): JsonObject {
  const found = object[field]
  if (isObject(found)) return found
  const made: JsonObject = {}
  object[field] = made
  return made
}

function defaultService(_object: KubeObject, spec: JsonObject, previous?: KubeObject): void {
  setDefault(spec, 'sessionAffinity', 'None')
  setDefault(spec, 'type', 'ClusterIP')
  for (const port of asObjects(spec.ports)) {
    setDefault(port, 'protocol', 'TCP')
    if (port.targetPort === undefined || port.targetPort === '' || port.targetPort === 0) port.targetPort = port.port
  }
  if (spec.type === 'ExternalName') return
  setDefault(spec, 'internalTrafficPolicy', 'Cluster')
  setDefault(spec, 'ipFamilies', ['IPv4'])
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack')
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true)
  if (spec.type !== 'ClusterIP') setDefault(spec, 'externalTrafficPolicy', 'Cluster')
  if (spec.sessionAffinity === 'ClientIP') {
    setDefault(spec, 'sessionAffinityConfig', { clientIP: { timeoutSeconds: 10800 } })
  }
  for (const field of ['clusterIP', 'clusterIPs']) {
    const given = spec[field] === undefined || spec[field] === ''
    const old = at(previous, 'spec', field)
    if (given && old !== undefined && at(previous, 'spec', 'type') !== 'ExternalName') spec[field] = old
  }
  if (spec.clusterIP === 'None') setDefault(spec, 'clusterIPs', ['None'])
  keepNodePorts(spec, previous)
}

function keepNodePorts(spec: JsonObject, previous?: KubeObject): void {
  if (spec.type === 'ClusterIP') return
  for (const port of asObjects(spec.ports)) {
    const same = asObjects(at(previous, 'spec', 'ports')).find(
      (old) => old.port === port.port && old.protocol === port.protocol && old.nodePort !== undefined,
    )
    if (port.nodePort === undefined && same) port.nodePort = same.nodePort
  }
}

function defaultDeployment(_object: KubeObject, spec: JsonObject): void {
  setDefault(spec, 'replicas', 1)
  const strategy = ensure(spec, 'strategy')
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy.type === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate')
    setDefault(rolling, 'maxUnavailable', '25%')
    setDefault(rolling, 'maxSurge', '25%')
  }
  setDefault(spec, 'revisionHistoryLimit', 10)
  setDefault(spec, 'progressDeadlineSeconds', 600)
}

function defaultStatefulSet(object: KubeObject, spec: JsonObject): void {
  setDefault(spec, 'podManagementPolicy', 'OrderedReady')
  const strategy = ensure(spec, 'updateStrategy')
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy.type === 'RollingUpdate') setDefault(ensure(strategy, 'rollingUpdate'), 'partition', 0)
  const retention = ensure(spec, 'persistentVolumeClaimRetentionPolicy')
  setDefault(retention, 'whenDeleted', 'Retain')
  setDefault(retention, 'whenScaled', 'Retain')
  setDefault(spec, 'replicas', 1)
  setDefault(spec, 'revisionHistoryLimit', 10)
  setDefault(spec, 'serviceName', '')
  for (const claim of asObjects(spec.volumeClaimTemplates)) {
    setDefault(claim, 'apiVersion', object.kind === 'StatefulSet' ? 'v1' : undefined)
    setDefault(claim, 'kind', 'PersistentVolumeClaim')
    setDefault(claim, 'status', { phase: 'Pending' })
    setDefault(ensure(claim, 'spec'), 'volumeMode', 'Filesystem')
  }
}

function defaultDaemonSet(_object: KubeObject, spec: JsonObject): void {
  const strategy = ensure(spec, 'updateStrategy')
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy.type === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate')
    setDefault(rolling, 'maxUnavailable', 1)
    setDefault(rolling, 'maxSurge', 0)
  }
  setDefault(spec, 'revisionHistoryLimit', 10)
}

function defaultJobSpec(spec: JsonObject): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  setDefault(spec, 'parallelism', 1)
  setDefault(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1)
  setDefault(spec, 'completionMode', 'NonIndexed')
  setDefault(spec, 'suspend', false)
  setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed')
}

/** A job selects its pods by its own uid, unless it says that it brings its selector. */
function defaultJob(object: KubeObject, spec: JsonObject, previous?: KubeObject): void {
  defaultJobSpec(spec)
  const template = ensure(spec, 'template')
  if (previous) {
    setDefault(spec, 'selector', at(previous, 'spec', 'selector'))
    const labels = ensure(ensure(template, 'metadata'), 'labels')
    for (const [key, value] of Object.entries(asObject(at(previous, 'spec', 'template', 'metadata', 'labels')))) {
      if (/controller-uid$|job-name$/.test(key)) setDefault(labels, key, value)
    }
    return
  }
  setDefault(spec, 'manualSelector', false)
  if (spec.manualSelector === true || !object.metadata.uid) return
  const labels = ensure(ensure(template, 'metadata'), 'labels')
  for (const prefix of ['', 'batch.kubernetes.io/']) {
    labels[`${prefix}controller-uid`] = object.metadata.uid
    labels[`${prefix}job-name`] = object.metadata.name
  }
  setDefault(spec, 'selector', { matchLabels: { 'batch.kubernetes.io/controller-uid': object.metadata.uid } })
}

function defaultCronJob(_object: KubeObject, spec: JsonObject): void {
  setDefault(spec, 'concurrencyPolicy', 'Allow')
  setDefault(spec, 'suspend', false)
  setDefault(spec, 'successfulJobsHistoryLimit', 3)
  setDefault(spec, 'failedJobsHistoryLimit', 1)
}

function defaultClaim(object: KubeObject, spec: JsonObject): void {
  setDefault(spec, 'volumeMode', 'Filesystem')
  if (!isObject(object.status)) object.status = { phase: 'Pending' }
}

function defaultNetworkPolicy(_object: KubeObject, spec: JsonObject): void {
  setDefault(spec, 'podSelector', {})
  for (const rule of [...asObjects(spec.ingress), ...asObjects(spec.egress)]) {
    for (const port of asObjects(rule.ports)) setDefault(port, 'protocol', 'TCP')
  }
  setDefault(spec, 'policyTypes', asArray(spec.egress).length ? ['Ingress', 'Egress'] : ['Ingress'])
}

function defaultSubject(binding: JsonObject): void {
  for (const subject of asObjects(binding.subjects)) {
    if (subject.kind !== 'ServiceAccount') setDefault(subject, 'apiGroup', 'rbac.authorization.k8s.io')
  }
  if (isObject(binding.roleRef)) setDefault(binding.roleRef, 'apiGroup', 'rbac.authorization.k8s.io')
}

function defaultLimitRange(_object: KubeObject, spec: JsonObject): void {
  for (const item of asObjects(spec.limits)) {
    if (item.type !== 'Container') continue
    if (isObject(item.max)) item.default = { ...item.max, ...asObject(item.default) }
    if (isObject(item.default) || isObject(item.min)) {
      item.defaultRequest = { ...asObject(item.min), ...asObject(item.default), ...asObject(item.defaultRequest) }
    }
  }
}

const defaults: Readonly<Record<ResourceKey, Default>> = {
  namespaces(object, spec) {
    const labels = object.metadata.labels ?? {}
    object.metadata.labels = { ...labels, 'kubernetes.io/metadata.name': object.metadata.name }
    if (!object.metadata.uid || object.metadata.resourceVersion === '') setDefault(spec, 'finalizers', ['kubernetes'])
  },
  services: defaultService,
  secrets(object) {
    setDefault(object, 'type', 'Opaque')
    const plain = asObject(object.stringData)
    delete object.stringData
    if (Object.keys(plain).length === 0) return
    const encoded = Object.entries(plain).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')])
    object.data = { ...asObject(object.data), ...Object.fromEntries(encoded) }
  },
  persistentvolumeclaims: defaultClaim,
  persistentvolumes(_object, spec) {
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain')
    setDefault(spec, 'volumeMode', 'Filesystem')
  },
  limitranges: defaultLimitRange,
  'deployments.apps': defaultDeployment,
  'statefulsets.apps': defaultStatefulSet,
  'replicasets.apps': (_object, spec) => setDefault(spec, 'replicas', 1),
  'daemonsets.apps': defaultDaemonSet,
  'jobs.batch': defaultJob,
  'cronjobs.batch': defaultCronJob,
  'networkpolicies.networking.k8s.io': defaultNetworkPolicy,
  'storageclasses.storage.k8s.io'(object) {
    setDefault(object, 'reclaimPolicy', 'Delete')
    setDefault(object, 'volumeBindingMode', 'Immediate')
  },
  'rolebindings.rbac.authorization.k8s.io': defaultSubject,
  'clusterrolebindings.rbac.authorization.k8s.io': defaultSubject,
}

/** Kinds that are stored with an empty spec when none is given. */
const alwaysWithSpec = new Set(['namespaces', 'nodes', 'networkpolicies.networking.k8s.io'])

/** Completes an object in place, with what its former version settled. */
export function applyDefaults(resource: ResourceKey, object: KubeObject, previous?: KubeObject): void {
  if (alwaysWithSpec.has(resource)) setDefault(object, 'spec', {})
  const spec = isObject(object.spec) ? object.spec : {}
  defaults[resource]?.(object, spec, previous)
  const podSpec = podSpecOf(resource, object)
  if (!podSpec) return
  defaultPodSpec(podSpec, resource === 'pods')
}
