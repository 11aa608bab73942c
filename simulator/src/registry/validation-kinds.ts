import { type FieldError } from '../errors.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'

export function checkKind(_resource: ResourceKey, _object: KubeObject): FieldError[] {
  return []
}
export function checkKindUpdate(_resource: ResourceKey, _object: KubeObject, _previous: KubeObject): FieldError[] {
  return []
}
