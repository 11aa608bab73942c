/** Whether an object may be stored: findings in the shape and wording of Kubernetes, none when it may. */
import { type Write } from '../api/request.ts'
import { type FieldError } from '../errors.ts'
import { checkMetadata } from './names.ts'
import { checkKind, checkKindUpdate } from './validation-kinds.ts'

/** All findings about a write: metadata, what its kind requires, and what an update may not change. */
export function validate({ resource, object, previous, subresource }: Write): FieldError[] {
  if (subresource === 'status') return []
  const errors = [...checkMetadata(resource, object), ...checkKind(resource.key, object)]
  if (previous) errors.push(...checkKindUpdate(resource.key, object, previous))
  return errors
}
