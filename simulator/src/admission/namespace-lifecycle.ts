/** Nothing is created in a namespace that does not exist (404) or is being deleted (403). */
import { type Write } from '../api/request.ts'
import { forbidden, notFound } from '../errors.ts'
import { resourceOf } from '../registry/resources.ts'
import { type Store } from '../store.ts'

/** Throws for a new object whose namespace cannot take it. */
export function requireLivingNamespace(store: Store, { resource, object }: Write): void {
  const { namespace, name } = object.metadata
  if (namespace === undefined) return
  const found = store.get('namespaces', undefined, namespace)
  if (!found) throw notFound(resourceOf('namespaces'), namespace)
  if (found.metadata.deletionTimestamp === undefined) return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  throw forbidden(resource, name, why, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ])
}
