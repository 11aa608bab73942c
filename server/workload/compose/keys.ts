import { child, members, type Node } from './node.ts'
import type { RefusalCode } from './codes.ts'
import { checkDeclaredNetworks } from './networks.ts'
import type { Reader } from './reader.ts'
import { checkShape, type Shape } from './shape.ts'

/** What a service may say, apart from what begins with `x-`: read elsewhere, ignored with a warning, or refused here. */
const read = new Set([
  ...['image', 'command', 'entrypoint', 'working_dir', 'environment', 'ports', 'expose', 'volumes', 'tmpfs'],
  ...['shm_size', 'configs', 'secrets', 'healthcheck', 'depends_on', 'links', 'user', 'group_add', 'read_only'],
  ...['cap_add', 'cap_drop', 'security_opt', 'sysctls', 'deploy', 'scale', 'mem_limit', 'mem_reservation', 'cpus'],
  ...['restart', 'exclude_from_hc', 'stop_grace_period', 'hostname', 'container_name', 'networks', 'extra_hosts'],
  ...['platform', 'profiles', 'volumes_from', 'dns', 'dns_opt', 'dns_search', 'tty', 'stdin_open'],
])

/** Without effect here, and in what form they may stand. */
const ignored: Readonly<Record<string, Shape>> = {
  annotations: 'list-or-map',
  attach: 'flag',
  blkio_config: 'map',
  cpu_count: 'scalar',
  cpu_percent: 'scalar',
  cpu_period: 'scalar',
  cpu_quota: 'scalar',
  cpu_rt_period: 'scalar',
  cpu_rt_runtime: 'scalar',
  cpu_shares: 'scalar',
  cpuset: 'scalar',
  develop: 'map',
  domainname: 'scalar',
  driver_opts: 'map',
  init: 'flag',
  isolation: 'scalar',
  label_file: 'one-or-more',
  labels: 'list-or-map',
  logging: 'map',
  mac_address: 'scalar',
  mem_swappiness: 'scalar',
  memswap_limit: 'scalar',
  oom_kill_disable: 'flag',
  oom_score_adj: 'scalar',
  pids_limit: 'scalar',
  post_start: 'list',
  pre_stop: 'list',
  pull_policy: 'scalar',
  pull_refresh_after: 'scalar',
  stop_signal: 'scalar',
  storage_opt: 'map',
  ulimits: 'map',
}

/** Refused wherever they stand, whatever they say. */
const refused: Readonly<Record<string, readonly [RefusalCode, string]>> = {
  build: ['BUILD_NOT_SUPPORTED', 'Images are not built here.'],
  cgroup_parent: ['CGROUP_NOT_ALLOWED', 'A container cannot choose where its cgroup is.'],
  credential_spec: ['KEY_NOT_SUPPORTED', 'Credential specs belong to Windows.'],
  device_cgroup_rules: ['DEVICE_NOT_ALLOWED', 'The devices of the node are not given away.'],
  devices: ['DEVICE_NOT_ALLOWED', 'The devices of the node are not given away.'],
  extends: ['EXTENDS_NOT_SUPPORTED', 'The template does not bring the other file along.'],
  external_links: ['KEY_NOT_SUPPORTED', 'There are no containers outside this document.'],
  gpus: ['DEVICE_NOT_ALLOWED', 'The devices of the node are not given away.'],
  models: ['KEY_NOT_SUPPORTED', 'Models are not supported.'],
  provider: ['KEY_NOT_SUPPORTED', 'Providers are not supported.'],
}

/** Keys of which only some values reach out of the container. */
const namespaces: Readonly<Record<string, { allowed: ReadonlySet<string>; code: RefusalCode }>> = {
  pid: { allowed: new Set(['']), code: 'HOST_NAMESPACE' },
  ipc: { allowed: new Set(['private', 'shareable', 'none', '']), code: 'HOST_NAMESPACE' },
  userns_mode: { allowed: new Set(['']), code: 'HOST_NAMESPACE' },
  uts: { allowed: new Set(['']), code: 'HOST_NAMESPACE' },
  cgroup: { allowed: new Set(['private', '']), code: 'CGROUP_NOT_ALLOWED' },
}

/** Keys of which one look does not do. */
const looked: Readonly<Record<string, (node: Node, reader: Reader) => void>> = {
  network_mode: checkNetworkMode,
  privileged: (node, reader) => {
    if (reader.flag(node)) reader.report.refuse('PRIVILEGED', node.path, 'A privileged container has the whole node.')
  },
  env_file: checkEnvFile,
  runtime: (node, reader) => {
    const text = reader.fixed(node)
    if (text === 'nvidia')
      reader.report.refuse('DEVICE_NOT_ALLOWED', node.path, 'The devices of the node are not given away.')
    else if (text) reader.report.warn('KEY_IGNORED', node.path, `The cluster has its own runtime instead of "${text}".`)
  },
  use_api_socket: (node, reader) => {
    if (reader.flag(node))
      reader.report.refuse('DOCKER_SOCKET', node.path, 'It mounts the socket of the container runtime.')
  },
}

const own = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** Goes through a service's keys, and refuses what must not be and what nobody knows. */
export function checkServiceKeys(service: Node, reader: Reader): void {
  const { report } = reader
  for (const [key, node] of reader.map(service)) {
    if (node.value === null || read.has(key) || key.startsWith('x-')) continue
    const refusal = own(refused, key)
    const namespace = own(namespaces, key)
    const look = own(looked, key)
    const shape = own(ignored, key)
    if (refusal) report.refuse(refusal[0], node.path, refusal[1])
    else if (namespace) checkNamespace(key, node, namespace, reader)
    else if (look) look(node, reader)
    else if (shape === undefined) report.refuse('KEY_UNKNOWN', node.path, `A service has no "${key.slice(0, 60)}".`)
    else if (checkShape(node, shape, reader)) report.warn('KEY_IGNORED', node.path, `"${key}" has no effect here.`)
  }
}

function checkNamespace(
  key: string,
  node: Node,
  rule: { allowed: ReadonlySet<string>; code: RefusalCode },
  reader: Reader,
): void {
  const text = reader.fixed(node)
  if (text === undefined || rule.allowed.has(text)) return
  const code = /^(service|container):/.test(text) ? 'NETWORK_SHARED' : rule.code
  reader.report.refuse(code, node.path, `"${key}: ${text}" takes a part of the container's isolation away.`)
}

/** A network by its name is a network of siblings, which all are on anyway. */
function checkNetworkMode(node: Node, { fixed, report }: Reader): void {
  const text = fixed(node)
  const say = (code: RefusalCode, message: string): void => report.refuse(code, node.path, message)
  if (text === undefined || text === '' || text === 'bridge' || text === 'default') return
  if (text === 'host') say('HOST_NETWORK', '"network_mode: host" takes the network of the node.')
  else if (/^(service|container):/.test(text))
    say('NETWORK_SHARED', `"network_mode: ${text}" shares what is each container's own.`)
  else if (text === 'none') say('NETWORK_NONE', 'A service without any network cannot be had.')
  else report.warn('NETWORKS_IGNORED', node.path, `The network "${text}" is that of all services of a subscription.`)
}

/** A file that may be absent is absent. */
function checkEnvFile(node: Node, reader: Reader): void {
  for (const file of reader.oneOrMore(node)) {
    const required = child(file, 'required')
    const isOptional = required !== undefined && reader.flag(required) === false
    if (isOptional) reader.report.warn('KEY_IGNORED', file.path, 'The file is optional, and is not there.')
    else reader.report.refuse('ENV_FILE_NOT_SUPPORTED', file.path, 'The template does not bring the file along.')
  }
}

const topKeys = new Set(['services', 'volumes', 'configs', 'secrets'])

/** The same for the top of the document. */
export function checkTopKeys(root: Node, reader: Reader): void {
  for (const [key, node] of members(root)) {
    if (topKeys.has(key) || key.startsWith('x-') || node.value === null) continue
    if (key === 'networks') {
      if (checkShape(node, 'map', reader)) checkDeclaredNetworks(node, reader)
    } else if (key === 'version' || key === 'name') {
      if (checkShape(node, 'scalar', reader))
        reader.report.warn('KEY_IGNORED', node.path, `"${key}" has no effect here.`)
    } else if (key === 'include')
      reader.report.refuse('INCLUDE_NOT_SUPPORTED', node.path, 'The template does not bring the other file along.')
    else if (key === 'models') reader.report.refuse('KEY_NOT_SUPPORTED', node.path, 'Models are not supported.')
    else reader.report.refuse('KEY_UNKNOWN', node.path, `A Compose document has no "${key.slice(0, 60)}".`)
  }
}
