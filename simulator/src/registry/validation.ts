/** Whether an object may be stored: findings in the shape and wording of Kubernetes, none when it may. */
import { type Write } from '../api/request.ts'
import { type FieldError, notAllowed } from '../errors.ts'
import { type KubeObject } from '../types.ts'
import { checkMetadata } from './names.ts'
import { checkKind } from './validation-kinds.ts'
import { checkKindUpdate } from './validation-updates.ts'

/** All findings about a write: metadata, what its kind requires, and what an update may not change. */
export function validate({ resource, object, previous, subresource }: Write): FieldError[] {
  if (subresource === 'status') return []
  const errors = [...checkMetadata(resource, object), ...checkKind(resource.key, object)]
  if (previous) errors.push(...checkFinalizers(object, previous), ...checkKindUpdate(resource.key, object, previous))
  return errors
}

/** What is being deleted gets no new reason to stay. */
function checkFinalizers({ metadata }: KubeObject, previous: KubeObject): FieldError[] {
  if (previous.metadata.deletionTimestamp === undefined) return []
  const known = new Set(previous.metadata.finalizers)
  const added = (metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer))
  if (added.length === 0) return []
  const list = added.map((finalizer) => `"${finalizer}"`).join(', ')
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`
  return [notAllowed('metadata.finalizers', why)]
}
