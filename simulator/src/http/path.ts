/** What the path of a request names: a resource, perhaps one object of it, perhaps a subresource. */
import { findResource, type Resource } from '../registry/resources.ts'

export type ResourcePath = { resource: Resource; namespace?: string; name?: string; subresource?: string }

function decoded(parts: string[]): string[] | undefined {
  try {
    return parts.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

/** The parts of `/api/v1/namespaces/x/pods/y/log` and the like; undefined when no resource has that path. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = decoded(path.split('/').filter((part) => part !== ''))
  if (!parts) return undefined
  const root = parts.shift()
  if (root !== 'api' && root !== 'apis') return undefined
  const group = root === 'api' ? '' : (parts.shift() ?? '')
  const version = parts.shift() ?? ''
  if (parts[0] === 'watch') parts.shift()
  let namespace: string | undefined
  if (parts[0] === 'namespaces' && parts.length >= 3) {
    const named = findResource(group, version, parts[2] ?? '')
    if (named?.namespaced) [, namespace] = parts.splice(0, 2)
  }
  const [plural = '', name, subresource, ...rest] = parts
  const resource = findResource(group, version, plural)
  if (!resource || rest.length || (name !== undefined && resource.namespaced && namespace === undefined))
    return undefined
  return {
    resource,
    ...(namespace !== undefined ? { namespace } : {}),
    ...(name !== undefined ? { name } : {}),
    ...(subresource !== undefined ? { subresource } : {}),
  }
}
