import { withoutTrailing } from '../../lib/text.ts'
import type { FileSpec, Mount, ServiceSpec } from '../spec.ts'
import { parseBytes } from './amounts.ts'
import { child, isRecord, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys } from './shape.ts'
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
  if (/^[A-Za-z]:(\\|\/[^:]*:\/)/.test(text)) {
    reader.report.refuse('BIND_OF_HOST_PATH', node.path, `${text.slice(0, 100)} is a path of a Windows host.`)
    return
  }
  const [source, target, mode] = parts.length === 1 ? [undefined, parts[0], undefined] : parts
  const options = mode === undefined ? [] : mode.split(',')
  const unknown = parts.length > 3 ? parts.slice(2).join(':') : options.find((option) => !mountOptions.has(option))
  if (unknown !== undefined) {
    reader.report.refuse(
      'MOUNT_PATH_INVALID',
      node.path,
      `"${unknown.slice(0, 60)}" is not a way to mount "${source}".`,
    )
    return
  }
  const readOnly = options.includes('ro') || options.includes('readonly')
  mount(
    { source, target: target ?? '', readOnly, subPath: undefined, isFolder: false },
    node,
    owner,
    names,
    reader,
    storage,
  )
}

/** Of Docker's, what has an effect here is `ro` alone: the others speak of copies, labels and propagation of the host. */
const mountOptions = new Set([
  ...['', 'rw', 'ro', 'readonly', 'z', 'Z', 'nocopy', 'cached', 'delegated', 'consistent', 'U'],
  ...['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'],
])

const subKeys: Readonly<Record<string, ReadonlySet<string>>> = {
  bind: new Set(['propagation', 'create_host_path', 'recursive', 'selinux']),
  volume: new Set(['nocopy', 'subpath', 'labels']),
  tmpfs: new Set(['size', 'mode']),
}

const longKeys = new Set([
  ...['type', 'source', 'target', 'read_only', 'bind', 'volume', 'tmpfs', 'consistency', 'content', 'mode'],
  ...['is_directory', 'isDirectory', 'image'],
])

function readLong(node: Node, owner: string, names: VolumeNames, reader: Reader, storage: Storage): void {
  checkKeys(node, longKeys, 'A mount', reader)
  for (const [key, known] of Object.entries(subKeys)) {
    const inner = child(node, key)
    if (inner) checkKeys(inner, known, `"${key}" of a mount`, reader)
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
  const given = text('source')
  // Without a slash it is still a path: beside the template, as `./name` is.
  const isBarePath = type === 'bind' && given !== undefined && !/^[./~]/.test(given)
  const found = {
    source: isBarePath ? `./${given}` : given,
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
  const path = found.target.length > 1 ? withoutTrailing(found.target, '/') : found.target
  if (!isMountPath(path, node, reader)) return
  const source = found.source ?? ''
  if (/(docker|podman|containerd|crio|cri-dockerd|buildkitd)\.sock/.test(source)) {
    report.refuse('DOCKER_SOCKET', node.path, `${source} is the socket of the container runtime.`)
    return
  }
  if (isOfHost(source)) {
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

/** Absolute, at home, or above the template; a Windows path, too. */
const isOfHost = (source: string): boolean =>
  /^([/~\\]|[A-Za-z]:[\\/])/.test(source) || source.split('/').includes('..')

const normalised = (source: string): string => withoutTrailing(source.replace(/^(\.\/)+/, './'), '/')

/** `./nginx.conf:/etc/nginx/nginx.conf` names a file at both ends; `./conf.d:/etc/conf.d` is a folder. */
function looksLikeFile(source: string, target: string): boolean {
  const ending = (path: string): string | undefined => /[^/.][^/]*\.([A-Za-z0-9]{1,8})$/.exec(path)?.[1]
  const last = ending(source)
  return last !== undefined && last !== 'd' && last === ending(target)
}

export function isMountPath(path: string, node: Node, { report }: Reader): boolean {
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

/**
 * `0644`, `"0644"` and `0o644` are octal, however YAML reads them. Permissions alone: Kubernetes refuses a file that
 * would run as its owner.
 */
export function readMode(node: Node | undefined, usual: number, reader: Reader): number {
  if (!node) return usual
  const written = typeof node.value === 'number' ? reader.written(node.path) : reader.fixed(node)
  const digits = /^0?o?0?([0-7]{3})$/.exec(written ?? '')?.[1]
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
