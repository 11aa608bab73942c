import type { FileSpec, ValueTemplate } from '../spec.ts'
import { child, isRecord, members, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys } from './shape.ts'
import { isMountPath, readMode } from './volumes.ts'

/** The texts that the top of the document declares under `configs` or `secrets`, by name. */
export type Declared = ReadonlyMap<string, ValueTemplate>

/** Unlike a mount's, the content of a config has its variables read: the Compose specification says so. */
export function readDeclared(root: Node, kind: 'configs' | 'secrets', reader: Reader): Declared {
  const top = child(root, kind)
  const declared = new Map<string, ValueTemplate>()
  for (const [name, node] of top ? reader.map(top) : []) {
    if (node.value !== null) checkKeys(node, declaredKeys, `An entry of ${kind}`, reader)
    const content = child(node, 'content')
    const environment = child(node, 'environment')
    const variable = environment && reader.fixed(environment)
    const external = child(node, 'external')
    if (external && reader.flag(external) === true) {
      reader.report.refuse('CONFIG_EXTERNAL', external.path, `"${name}" is kept by somebody else.`)
      declared.set(name, [])
    } else if (content) declared.set(name, reader.text(content) ?? [])
    else if (environment && variable !== undefined)
      declared.set(name, reader.variables.valueOf(variable, environment.path))
    else {
      const why = child(node, 'file') ? 'names a file, which the template does not bring along' : 'has no content'
      reader.report.refuse('CONFIG_NOT_INLINE', node.path, `"${name}" ${why}.`)
      declared.set(name, [])
    }
  }
  if (kind === 'secrets') for (const template of declared.values()) reader.variables.keepSecret(template)
  return declared
}

const declaredKeys = new Set([
  ...['content', 'driver', 'driver_opts', 'environment', 'external', 'file', 'labels', 'name', 'template_driver'],
])
const mountedKeys = new Set(['source', 'target', 'uid', 'gid', 'mode'])

/** A service's `configs` or `secrets`, as files. */
export function readConfigFiles(
  service: Node,
  kind: 'configs' | 'secrets',
  declared: Declared,
  reader: Reader,
): FileSpec[] {
  const list = child(service, kind)
  const folder = kind === 'secrets' ? '/run/secrets' : ''
  return (list ? reader.list(list) : []).flatMap((node): FileSpec[] => {
    if (isRecord(node.value)) {
      checkKeys(node, mountedKeys, `An entry of ${kind}`, reader)
      for (const key of ['uid', 'gid']) {
        const owner = child(node, key)
        if (owner) reader.report.warn('KEY_IGNORED', owner.path, 'The file belongs to root, and is read by its mode.')
      }
    }
    const inner = isRecord(node.value) ? Object.fromEntries(members(node)) : {}
    const sourceNode = isRecord(node.value) ? inner['source'] : node
    const source = sourceNode && reader.fixed(sourceNode)
    const content = source === undefined ? undefined : declared.get(source)
    if (source === undefined || !content) {
      reader.report.refuse('CONFIG_UNKNOWN', node.path, `There is no "${source ?? ''}" under ${kind}.`)
      return []
    }
    const target = (inner['target'] && reader.fixed(inner['target'])) ?? source
    const path = target.startsWith('/') ? target : `${folder}/${target}`
    if (!isMountPath(path, node, reader)) return []
    const mode = readMode(inner['mode'] ?? undefined, 0o444, reader)
    return [{ path, content, mode, ...(kind === 'secrets' && { secret: true }) }]
  })
}
