/** What the cluster adds to a new object: the default service account, the default storage class, protection. */
import { type Write } from '../api/request.ts'
import { generateName } from '../api/metadata.ts'
import { asObject, asObjects, isObject } from '../json.ts'
import { type Store } from '../store.ts'
import { type KubeObject } from '../types.ts'

const isDefaultClass = 'storageclass.kubernetes.io/is-default-class'

function addFinalizer(object: KubeObject, finalizer: string): void {
  const present = object.metadata.finalizers ?? []
  if (!present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer]
}

/** The newest of the storage classes that are marked as default. */
function defaultStorageClass(store: Store): string | undefined {
  let newest: KubeObject | undefined
  for (const each of store.list('storageclasses.storage.k8s.io')) {
    if (each.metadata.annotations?.[isDefaultClass] !== 'true') continue
    if (!newest || each.metadata.creationTimestamp > newest.metadata.creationTimestamp) newest = each
  }
  return newest?.metadata.name
}

const notReady = { effect: 'NoExecute', operator: 'Exists', tolerationSeconds: 300 }
const impatient = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

function completePod(object: KubeObject): void {
  const spec = asObject(object.spec)
  if (!spec.serviceAccountName) spec.serviceAccountName = spec.serviceAccount = 'default'
  spec.preemptionPolicy ??= 'PreemptLowerPriority'
  spec.priority ??= 0
  const tolerations = Array.isArray(spec.tolerations) ? spec.tolerations.filter(isObject) : []
  const missing = impatient.filter(
    (key) => !tolerations.some((each) => each.key === key || (!each.key && each.operator === 'Exists')),
  )
  spec.tolerations = [...tolerations, ...missing.map((key) => ({ key, ...notReady }))]
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount'

const namespaceFile = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }

/** Shared by all pods: nobody changes what is stored. */
const tokenVolume = {
  defaultMode: 0o644,
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
    { downwardAPI: { items: [namespaceFile] } },
  ],
}

/** Mounts the token of the service account, unless the pod or the account does not want it. */
function mountToken(store: Store, object: KubeObject): void {
  const spec = asObject(object.spec)
  const account = store.get('serviceaccounts', object.metadata.namespace, String(spec.serviceAccountName))
  if ((spec.automountServiceAccountToken ?? account?.automountServiceAccountToken) === false) return
  const name = generateName('kube-api-access-')
  let used = false
  for (const container of [...asObjects(spec.initContainers), ...asObjects(spec.containers)]) {
    const mounts = asObjects(container.volumeMounts)
    if (mounts.some((each) => each.mountPath === tokenPath)) continue
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: tokenPath }]
    used = true
  }
  if (used) spec.volumes = [...asObjects(spec.volumes), { name, projected: tokenVolume }]
}

/** Completes a new object in place. */
export function completeReferences(store: Store, { resource, object, previous }: Write): void {
  if (previous) return
  if (resource.key === 'pods') {
    completePod(object)
    mountToken(store, object)
  }
  if (resource.key === 'persistentvolumeclaims') {
    addFinalizer(object, 'kubernetes.io/pvc-protection')
    const spec = asObject(object.spec)
    if (spec.storageClassName === undefined) {
      const found = defaultStorageClass(store)
      if (found !== undefined) spec.storageClassName = found
    }
  }
  if (resource.key === 'persistentvolumes') addFinalizer(object, 'kubernetes.io/pv-protection')
}
