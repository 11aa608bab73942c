/** Only claims of a class that allows expansion may grow (the PersistentVolumeClaimResize admission plugin). */
import { type Write } from '../api/request.ts'
import { forbidden } from '../errors.ts'
import { asString, at } from '../json.ts'
import { compareQuantity } from '../quantity.ts'
import { type Store } from '../store.ts'

/** Throws 403 for a growing claim that is not bound, or whose storage class does not expand volumes. */
export function checkClaimResize(store: Store, { resource, object, previous, subresource }: Write): void {
  if (resource.key !== 'persistentvolumeclaims' || !previous || subresource !== '') return
  const path = ['spec', 'resources', 'requests', 'storage']
  if (compareQuantity(at(object, ...path), at(previous, ...path)) <= 0) return
  const { name } = object.metadata
  if (at(previous, 'status', 'phase') !== 'Bound')
    throw forbidden(resource, name, 'Only bound persistent volume claims can be expanded')
  const className = asString(at(object, 'spec', 'storageClassName')) ?? ''
  const storageClass = store.get('storageclasses.storage.k8s.io', undefined, className)
  if (storageClass?.allowVolumeExpansion === true) return
  throw forbidden(
    resource,
    name,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  )
}
