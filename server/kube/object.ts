/** An object of the Kubernetes API, as far as every kind agrees on its shape. The rest is read where it is needed. */
export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}

type ObjectMeta = {
  name: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  finalizers?: string[]
  ownerReferences?: OwnerReference[]
  managedFields?: unknown
}

type OwnerReference = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export type KindRef = { apiVersion: string; kind: string }
export type ObjectRef = KindRef & { name: string; namespace?: string }

/** The name under which an object is read and deleted. */
export const refOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectRef => ({
  apiVersion,
  kind,
  name: metadata.name,
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
})

/** `Deployment berth-1/web`, for logs and for sentences that people read. */
export const describeRef = ({ kind, name, namespace }: { kind: string; name: string; namespace?: string }): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
