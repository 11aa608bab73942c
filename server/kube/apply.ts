import type { KubeObject } from './object.ts'
import { parseObject } from './parse.ts'
import { objectPath } from './resources.ts'
import type { Transport } from './transport.ts'

/** Owner of the fields that Berth decides, in managedFields. It never changes: a new name would own everything twice. */
export const fieldManager = 'berth'

export type ApplyOptions = { force?: boolean; dryRun?: boolean }

/**
 * Server-side apply (KEP-555): creates the object or changes it so that the fields given have the values given, and
 * removes those that an earlier apply gave and this one does not. Fields of others stay. By default takes over fields
 * that somebody else changed; with `force: false` throws `conflict`. Needs the rights to patch and create, not to read.
 */
export const createApply =
  (transport: Transport) =>
  async (object: KubeObject, { force = true, dryRun = false }: ApplyOptions = {}): Promise<KubeObject> => {
    const { name, namespace } = object.metadata
    const answer = await transport.send({
      method: 'PATCH',
      path: objectPath(object, name, namespace),
      query: { fieldManager, force, ...(dryRun && { dryRun: 'All' }) },
      contentType: 'application/apply-patch+yaml',
      body: object,
    })
    return parseObject(answer)
  }

/**
 * A mark of the last apply of ours that changed the object that an apply answered with, to the second: the API server
 * leaves it where an apply finds everything as it should be. Another object of the same name has another one.
 */
export function lastChange({ metadata: { uid = '', managedFields } }: KubeObject): string {
  const entries = Array.isArray(managedFields) ? (managedFields as ManagedFields[]) : []
  const own = entries.find(({ manager, operation }) => manager === fieldManager && operation === 'Apply')
  return `${uid} ${own?.time ?? ''}`
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta: an entry of managedFields. */
type ManagedFields = { manager?: string; operation?: string; time?: string }
