/** What every write carries besides the object. */
import { type Resource } from '../registry/resources.ts'
import { type KubeObject } from '../types.ts'

export type WriteOptions = {
  dryRun: boolean
  /** Who writes, for managed fields; absent: the write leaves no trace there (controllers creating objects). */
  fieldManager?: string
  /** What happens to fields that the kind does not have. */
  fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  force: boolean
  /** Warnings for the client; writes add to it. */
  warnings: string[]
}

export type Subresource = '' | 'status' | 'scale' | 'finalize' | 'binding'

/** A write that is about to happen, as admission and validation see it. `object` may still be changed by admission. */
export type Write = {
  resource: Resource
  object: KubeObject
  previous?: KubeObject
  subresource: Subresource
  warnings: string[]
  dryRun: boolean
}

/** Where something is. Cluster-scoped objects have no namespace. */
export type Target = { resource: Resource; namespace: string | undefined; name: string }

/** Options of a write by the simulator itself. */
export function plainOptions(): WriteOptions {
  return { dryRun: false, fieldValidation: 'Ignore', force: false, warnings: [] }
}
