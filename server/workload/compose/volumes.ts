import type { FileSpec, Mount, ServiceSpec } from '../spec.ts'
import { parseBytes } from './amounts.ts'
import { child, isRecord, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import type { VolumeNames } from './volume-names.ts'

type MemoryMount = ServiceSpec['tmpfs'][number]
export type Storage = { mounts: Mount[]; files: FileSpec[]; tmpfs: MemoryMount[] }

/** `volumes`, `tmpfs` and `shm_size` of a service: what is kept, what is written by the template, what is memory. */
export function readVolumes(service: Node, owner: string, names: VolumeNames, reader: Reader): Storage {
  const storage: Storage = { mounts: [], files: [], tmpfs: [] }
  const volumes = child(service, 'volumes')
  for (const node of volumes ? reader.list(volumes) : []) {
    if (isRecord(node.value)) readLong(node, owner, names, reader, storage)
    else readShort(node, owner, names, reader, storage)
  }
  const tmpfs = child(service, 'tmpfs')
  for (const node of tmpfs ? reader.oneOrMore(tmpfs) : []) readTmpfs(node, reader, storage)
  const shared = child(service, 'shm_size')
  const sizeBytes = shared && readSize(shared, reader)
  if (sizeBytes !== undefined) storage.tmpfs.push({ path: '/dev/shm', sizeBytes })
  return storage
}

/** `[source:]target[:mode]`. */
function readShort(node: Node, owner: string, names: VolumeNames, reader: Reader, storage: Storage): void {
  const text = reader.fixed(node)
  if (text === undefined) return
  const parts = text.split(':')
  const [source, target, mode] = parts.length === 1 ? [undefined, parts[0], undefined] : parts
  const readOnly = mode?.split(',').includes('ro') ?? false
  mount(
    { source, target: target ?? '', readOnly, subPath: undefined, isFolder: false },
    node,
    owner,
    names,
    reader,
    storage,
  )
}

const longKeys = new Set([
  ...['type', 'source', 'target', 'read_only', 'bind', 'volume', 'tmpfs', 'consistency', 'content', 'mode'],
  ...['is_directory', 'isDirectory'],
])

function readLong(node: Node, owner: string, names: VolumeNames, reader: Reader, storage: Storage): void {
  for (const [key, inner] of reader.map(node)) {
    if (!longKeys.has(key) && !key.startsWith('x-'))
      reader.report.refuse('KEY_UNKNOWN', inner.path, `A volume has no "${key}".`)
  }
  const text = (key: string): string | undefined => {
    const inner = child(node, key)
    return inner && reader.fixed(inner)
  }
  const flag = (key: string): boolean => {
    const inner = child(node, key)
    return inner !== undefined && reader.flag(inner) === true
  }
  const type = text('type') ?? 'volume'
  const target = text('target') ?? ''
  const content = child(node, 'content')
  if (content) return readFile(content, child(node, 'mode'), target, node, reader, storage)
  if (type === 'tmpfs') {
    const options = child(node, 'tmpfs')
    const size = options && child(options, 'size')
    const sizeBytes = size && readSize(size, reader)
    if (isMountPath(target, node, reader)) storage.tmpfs.push({ path: target, ...(sizeBytes && { sizeBytes }) })
    return
  }
  if (type !== 'volume' && type !== 'bind') {
    reader.report.refuse('VOLUME_NOT_SUPPORTED', node.path, `Volumes of type "${type}" are not supported.`)
    return
  }
  const options = child(node, 'volume')
  const subPath = options && child(options, 'subpath')
  const isFolder = flag('is_directory') || flag('isDirectory')
  const found = {
    source: text('source'),
    target,
    readOnly: flag('read_only'),
    subPath: subPath && reader.fixed(subPath),
    isFolder,
  }
  mount(found, node, owner, names, reader, storage)
}

type Found = {
  source: string | undefined
  target: string
  readOnly: boolean
  subPath: string | undefined
  isFolder: boolean
}

function mount(found: Found, node: Node, owner: string, names: VolumeNames, reader: Reader, storage: Storage): void {
  const { report } = reader
  const path = found.target.length > 1 ? found.target.replace(/\/+$/, '') : found.target
  if (!isMountPath(path, node, reader)) return
  const source = found.source ?? ''
  if (source.includes('docker.sock')) {
    report.refuse('DOCKER_SOCKET', node.path, `${source} is the socket of the container runtime.`)
    return
  }
  if (source.startsWith('/') || source.startsWith('~') || source.startsWith('..')) {
    report.refuse('BIND_OF_HOST_PATH', node.path, `${source} is a path of the host.`)
    return
  }
  const isRelative = source.startsWith('.')
  if (isRelative && !found.isFolder && looksLikeFile(source, path)) {
    report.refuse('FILE_WITHOUT_CONTENT', node.path, `${source} is a file that the template does not bring along.`)
    return
  }
  if (isRelative)
    report.warn('FOLDER_IS_VOLUME', node.path, `The folder ${source} becomes a volume, which starts out empty.`)
  if (source === '')
    report.warn('ANONYMOUS_VOLUME', node.path, `The volume at ${path} has no name: it is called after its path.`)
  const volume = names.labelFor(source === '' ? `${owner}${path}` : normalised(source))
  const subPath = found.subPath?.replace(/^\/+/, '')
  if (subPath?.split('/').includes('..')) {
    report.refuse('MOUNT_PATH_INVALID', node.path, `${subPath} leads out of the volume.`)
    return
  }
  storage.mounts.push({ volume, path, readOnly: found.readOnly, ...(subPath && { subPath }) })
}

const normalised = (source: string): string => source.replace(/^(\.\/)+/, './').replace(/\/+$/, '')

/** `./nginx.conf:/etc/nginx/nginx.conf` names a file at both ends; `./conf.d:/etc/conf.d` is a folder. */
function looksLikeFile(source: string, target: string): boolean {
  const ending = (path: string): string | undefined => /[^/.][^/]*\.([A-Za-z0-9]{1,8})$/.exec(path)?.[1]
  const last = ending(source)
  return last !== undefined && last !== 'd' && last === ending(target)
}

function isMountPath(path: string, node: Node, { report }: Reader): boolean {
  if (path.startsWith('/') && path !== '/' && !path.includes(':') && !path.split('/').includes('..')) return true
  report.refuse('MOUNT_PATH_INVALID', node.path, `"${path}" is not a path in the container.`)
  return false
}

/**
 * A file with its text in the template. The text of a mount is taken as it stands, as the templates that use it mean
 * it: it is full of dollars that belong to nginx and to shells. One that begins with `#!` can be run.
 */
function readFile(
  content: Node,
  mode: Node | undefined,
  target: string,
  node: Node,
  reader: Reader,
  storage: Storage,
): void {
  if (typeof content.value !== 'string') {
    reader.report.refuse('TYPE_INVALID', content.path, 'The content of a file must be a text.')
    return
  }
  if (!isMountPath(target, node, reader)) return
  const usual = content.value.startsWith('#!') ? 0o755 : 0o644
  storage.files.push({
    path: target,
    content: content.value === '' ? [] : [content.value],
    mode: readMode(mode, usual, reader),
  })
}

/** `0644`, `"0644"` and `0o644` are octal, however YAML reads them. */
export function readMode(node: Node | undefined, usual: number, reader: Reader): number {
  if (!node) return usual
  const written = typeof node.value === 'number' ? reader.written(node.path) : reader.fixed(node)
  const digits = /^0?o?([0-7]{3,4})$/.exec(written ?? '')?.[1]
  if (digits !== undefined) return Number.parseInt(digits, 8)
  reader.report.refuse('NUMBER_INVALID', node.path, `"${written}" is not a file mode.`)
  return usual
}

/** `/run:size=64m,mode=1777`. */
function readTmpfs(node: Node, reader: Reader, storage: Storage): void {
  const text = reader.fixed(node)
  if (text === undefined) return
  const [path = '', options = ''] = text.split(':', 2)
  const size = /(?:^|,)size=([^,]+)/.exec(options)?.[1]
  const sizeBytes = size === undefined ? undefined : parseBytes(size)
  if (size !== undefined && !sizeBytes) reader.report.refuse('SIZE_INVALID', node.path, `"${size}" is not a size.`)
  if (isMountPath(path, node, reader)) storage.tmpfs.push({ path, ...(sizeBytes && { sizeBytes }) })
}

function readSize(node: Node, reader: Reader): number | undefined {
  const text = reader.fixed(node)
  const bytes = text === undefined ? undefined : parseBytes(text)
  if (text !== undefined && !bytes) reader.report.refuse('SIZE_INVALID', node.path, `"${text}" is not a size.`)
  return bytes === 0 ? undefined : bytes
}

/** Kubernetes takes one mount for each path. Of the same one twice, one is enough. */
export function checkMountPaths(
  { mounts, files, tmpfs }: Pick<ServiceSpec, keyof Storage>,
  service: Node,
  { report }: Reader,
): void {
  const seen = new Set<string>()
  for (const { path } of [...mounts, ...files, ...tmpfs]) {
    if (seen.has(path))
      report.refuse('MOUNT_DUPLICATE', [...service.path, 'volumes'], `Two things are mounted at ${path}.`)
    seen.add(path)
  }
}
