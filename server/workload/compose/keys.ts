import { child, type Node } from './node.ts'
import type { RefusalCode } from './codes.ts'
import type { Reader } from './reader.ts'

/** What a service may say, apart from what begins with `x-`: read elsewhere, ignored with a warning, or refused here. */
const read = new Set([
  ...[
    'image',
    'command',
    'entrypoint',
    'working_dir',
    'environment',
    'ports',
    'expose',
    'volumes',
    'tmpfs',
    'shm_size',
  ],
  ...[
    'configs',
    'secrets',
    'healthcheck',
    'depends_on',
    'links',
    'user',
    'group_add',
    'read_only',
    'cap_add',
    'cap_drop',
  ],
  ...['security_opt', 'sysctls', 'deploy', 'scale', 'mem_limit', 'mem_reservation', 'cpus', 'cpu_shares', 'restart'],
  ...['exclude_from_hc', 'stop_grace_period', 'hostname', 'container_name', 'networks', 'extra_hosts', 'platform'],
  ...['profiles', 'volumes_from'],
])

const ignored = new Set([
  ...['annotations', 'attach', 'blkio_config', 'cpu_count', 'cpu_percent', 'cpu_period', 'cpu_quota', 'cpu_rt_period'],
  ...['cpu_rt_runtime', 'cpuset', 'develop', 'dns', 'dns_opt', 'dns_search', 'domainname', 'driver_opts', 'init'],
  ...[
    'isolation',
    'label_file',
    'labels',
    'logging',
    'mac_address',
    'mem_swappiness',
    'memswap_limit',
    'oom_kill_disable',
  ],
  ...['oom_score_adj', 'pids_limit', 'pull_policy', 'pull_refresh_after', 'runtime', 'stdin_open', 'stop_signal'],
  ...['storage_opt', 'tty', 'ulimits', 'post_start', 'pre_stop'],
])

/** Refused wherever they stand, whatever they say. */
const refused: Readonly<Record<string, readonly [RefusalCode, string]>> = {
  build: ['BUILD_NOT_SUPPORTED', 'Images are not built here.'],
  cgroup_parent: ['CGROUP_NOT_ALLOWED', 'A container cannot choose where its cgroup is.'],
  credential_spec: ['KEY_NOT_SUPPORTED', 'Credential specs belong to Windows.'],
  device_cgroup_rules: ['DEVICE_NOT_ALLOWED', 'The devices of the node are not given away.'],
  devices: ['DEVICE_NOT_ALLOWED', 'The devices of the node are not given away.'],
  env_file: ['ENV_FILE_NOT_SUPPORTED', 'The template does not bring the file along.'],
  extends: ['EXTENDS_NOT_SUPPORTED', 'The template does not bring the other file along.'],
  external_links: ['KEY_NOT_SUPPORTED', 'There are no containers outside this document.'],
  gpus: ['DEVICE_NOT_ALLOWED', 'The devices of the node are not given away.'],
  models: ['KEY_NOT_SUPPORTED', 'Models are not supported.'],
  provider: ['KEY_NOT_SUPPORTED', 'Providers are not supported.'],
  use_api_socket: ['DOCKER_SOCKET', 'It mounts the socket of the container runtime.'],
}

/** Keys of which only some values reach out of the container. */
const namespaces: Readonly<Record<string, { allowed: ReadonlySet<string>; code: RefusalCode }>> = {
  network_mode: { allowed: new Set(['bridge', 'default', '']), code: 'HOST_NETWORK' },
  pid: { allowed: new Set(['']), code: 'HOST_NAMESPACE' },
  ipc: { allowed: new Set(['private', 'shareable', 'none', '']), code: 'HOST_NAMESPACE' },
  userns_mode: { allowed: new Set(['']), code: 'HOST_NAMESPACE' },
  uts: { allowed: new Set(['']), code: 'HOST_NAMESPACE' },
  cgroup: { allowed: new Set(['private', '']), code: 'CGROUP_NOT_ALLOWED' },
}

/** Goes through a service's keys, and refuses what must not be and what nobody knows. */
export function checkServiceKeys(service: Node, reader: Reader): void {
  const { report } = reader
  for (const [key, node] of reader.map(service)) {
    const refusal = Object.hasOwn(refused, key) ? refused[key] : undefined
    const namespace = Object.hasOwn(namespaces, key) ? namespaces[key] : undefined
    if (node.value === null || read.has(key) || key.startsWith('x-')) continue
    if (refusal) report.refuse(refusal[0], node.path, refusal[1])
    else if (namespace) checkNamespace(key, node, namespace, reader)
    else if (key === 'privileged') {
      if (reader.flag(node)) report.refuse('PRIVILEGED', node.path, 'A privileged container has the whole node.')
    } else if (ignored.has(key)) report.warn('KEY_IGNORED', node.path, `"${key}" has no effect here.`)
    else report.refuse('KEY_UNKNOWN', node.path, `A service has no "${key.slice(0, 60)}".`)
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
  if (/^(service|container):/.test(text)) {
    reader.report.refuse('NETWORK_SHARED', node.path, `"${key}: ${text}" shares what is each container's own.`)
    return
  }
  reader.report.refuse(rule.code, node.path, `"${key}: ${text}" takes a part of the container's isolation away.`)
}

const topKeys = new Set(['services', 'volumes', 'configs', 'secrets'])

/** The same for the top of the document. */
export function checkTopKeys(root: Node, reader: Reader): void {
  for (const [key, node] of reader.map(root)) {
    if (topKeys.has(key) || key.startsWith('x-') || node.value === null) continue
    if (key === 'networks') {
      reader.report.warn('NETWORKS_IGNORED', node.path, 'All services of a subscription share one network.')
    } else if (key === 'version' || key === 'name')
      reader.report.warn('KEY_IGNORED', node.path, `"${key}" has no effect here.`)
    else if (key === 'include')
      reader.report.refuse('EXTENDS_NOT_SUPPORTED', node.path, 'The template does not bring the other file along.')
    else if (key === 'models') reader.report.refuse('KEY_NOT_SUPPORTED', node.path, 'Models are not supported.')
    else reader.report.refuse('KEY_UNKNOWN', node.path, `A Compose document has no "${key.slice(0, 60)}".`)
  }
}

/** Named volumes are made here; those of somebody else's, and those that are the host's folders, are not. */
export function checkTopVolumes(root: Node, reader: Reader): void {
  const top = child(root, 'volumes')
  for (const [name, node] of top ? reader.map(top) : []) {
    if (node.value === null || typeof node.value !== 'object') continue
    const external = child(node, 'external')
    if (external && external.value !== false) {
      reader.report.refuse('VOLUME_NOT_SUPPORTED', external.path, `The volume "${name}" belongs to somebody else.`)
    }
    const options = child(node, 'driver_opts')
    const device = options && child(options, 'device')
    if (device) reader.report.refuse('BIND_OF_HOST_PATH', device.path, `The volume "${name}" is a path of the host.`)
    const driver = child(node, 'driver')
    const named = driver && reader.fixed(driver)
    if (driver && named !== undefined && named !== 'local' && named !== '') {
      reader.report.refuse('VOLUME_NOT_SUPPORTED', driver.path, `There is no volume driver "${named}".`)
    }
  }
}
