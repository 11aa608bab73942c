/** What the cluster adds to a new object: the default service account, the default storage class, protection. */
import { type Write } from '../api/request.ts'
import { asObject, isObject } from '../json.ts'
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

/** Completes a new object in place. */
export function completeReferences(store: Store, { resource, object, previous }: Write): void {
  if (previous) return
  if (resource.key === 'pods') completePod(object)
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
