/**
 * The Pod Security Standards as findings about a pod spec, in the wording of k8s.io/pod-security-admission/policy.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import { asArray, asObject, asObjects, asString, at, type JsonObject } from './json.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'

/** One broken rule: its name, and what breaks it. */
export type Violation = { reason: string; detail: string }

type Rule = (spec: JsonObject, metadata: JsonObject) => Violation | undefined

function containersOf(spec: JsonObject): JsonObject[] {
  return [...asObjects(spec.initContainers), ...asObjects(spec.containers), ...asObjects(spec.ephemeralContainers)]
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

function plural(names: readonly string[]): string {
  return `${names.length === 1 ? 'container' : 'containers'} ${quoted(names)}`
}

function broken(spec: JsonObject, breaks: (container: JsonObject) => boolean): string[] {
  return containersOf(spec)
    .filter(breaks)
    .map((container) => asString(container.name) ?? '')
}

const context = (container: JsonObject): JsonObject => asObject(container.securityContext)

const privileged: Rule = (spec) => {
  const names = broken(spec, (each) => context(each).privileged === true)
  return names.length
    ? { reason: 'privileged', detail: `${plural(names)} must not set securityContext.privileged=true` }
    : undefined
}

const hostNamespaces: Rule = (spec) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true)
  return used.length ? { reason: 'host namespaces', detail: used.map((each) => `${each}=true`).join(', ') } : undefined
}

const hostPathVolumes: Rule = (spec) => {
  const names = asObjects(spec.volumes)
    .filter((each) => each.hostPath !== undefined)
    .map((each) => asString(each.name) ?? '')
  return names.length
    ? { reason: 'hostPath volumes', detail: `${names.length === 1 ? 'volume' : 'volumes'} ${quoted(names)}` }
    : undefined
}

const hostPorts: Rule = (spec) => {
  const ports = new Set<number>()
  const names = broken(spec, (each) =>
    asObjects(each.ports).some(({ hostPort }) => typeof hostPort === 'number' && hostPort !== 0 && ports.add(hostPort)),
  )
  if (names.length === 0) return undefined
  const list = [...ports].sort((a, b) => a - b).join(', ')
  return {
    reason: 'hostPort',
    detail: `${plural(names)} ${names.length === 1 ? 'uses' : 'use'} ${ports.size === 1 ? 'hostPort' : 'hostPorts'} ${list}`,
  }
}

const baselineCapabilities = new Set([
  'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID',
  'SETPCAP', 'SETUID', 'SYS_CHROOT',
]) // prettier-ignore

const addedCapabilities: Rule = (spec) => {
  const bad = new Set<string>()
  const names = broken(spec, (each) => {
    const added = asArray(at(context(each), 'capabilities', 'add')).map(String)
    const wrong = added.filter((capability) => !baselineCapabilities.has(capability))
    for (const capability of wrong) bad.add(capability)
    return wrong.length > 0
  })
  if (names.length === 0) return undefined
  return {
    reason: 'non-default capabilities',
    detail: `${plural(names)} must not include ${quoted([...bad].sort())} in securityContext.capabilities.add`,
  }
}

/**
 * Root of a user namespace is nobody outside it, so that pods with one of their own may do what would be too much on
 * the host's (KEP-127).
 */
const hasOwnUsers = (spec: JsonObject): boolean => spec.hostUsers === false

const procMount: Rule = (spec) => {
  const names = broken(spec, (each) => !['Default', undefined].includes(asString(context(each).procMount)))
  return names.length
    ? { reason: 'procMount', detail: `${plural(names)} must not set securityContext.procMount to "Unmasked"` }
    : undefined
}

/** `restricted` wants the masks over /proc whoever a pod's root is. */
const procMountOfHostUsers: Rule = (spec) => (hasOwnUsers(spec) ? undefined : procMount(spec, {}))

const sysctls: Rule = (spec) => {
  const allowed = new Set([
    'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start',
    'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports',
    'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl',
    'net.ipv4.tcp_keepalive_probes', 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem', 'net.ipv4.tcp_slow_start_after_idle',
    'net.ipv4.tcp_notsent_lowat',
  ]) // prettier-ignore
  const bad = asObjects(at(spec, 'securityContext', 'sysctls'))
    .map((each) => asString(each.name) ?? '')
    .filter((name) => !allowed.has(name))
  return bad.length ? { reason: 'forbidden sysctls', detail: bad.join(', ') } : undefined
}

/** The places where a security context can stand: the pod itself, then each container. */
function inherited(spec: JsonObject, field: string, bad: (value: unknown) => boolean): string[] {
  const places: string[] = []
  if (bad(at(spec, 'securityContext', field))) places.push('pod')
  const names = broken(spec, (each) => bad(context(each)[field]))
  if (names.length) places.push(plural(names))
  return places
}

const seccompBaseline: Rule = (spec) => {
  const places = inherited(spec, 'seccompProfile', (value) => at(value, 'type') === 'Unconfined')
  return places.length
    ? {
        reason: 'seccompProfile',
        detail: `${places.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined"`,
      }
    : undefined
}

const seLinux: Rule = (spec) => {
  const types = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'])
  const bad = (value: unknown): boolean =>
    !types.has(asString(at(value, 'type')) ?? '') || Boolean(at(value, 'user')) || Boolean(at(value, 'role'))
  const places = inherited(spec, 'seLinuxOptions', bad)
  if (places.length === 0) return undefined
  const set = [spec, ...containersOf(spec)].map((each) => asObject(context(each).seLinuxOptions))
  const wrong = new Set(set.map((each) => asString(each.type) ?? '').filter((type) => !types.has(type)))
  const details = [
    ...(wrong.size ? [`${wrong.size === 1 ? 'type' : 'types'} ${quoted([...wrong].sort())}`] : []),
    ...(['user', 'role'] as const)
      .filter((field) => set.some((each) => each[field]))
      .map((field) => `${field} may not be set`),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${places.join(' and ')} set forbidden securityContext.seLinuxOptions: ${details.join('; ')}`,
  }
}

const appArmor: Rule = (spec, metadata) => {
  const annotations = Object.entries(asObject(metadata.annotations)).filter(
    ([key, value]) =>
      key.startsWith('container.apparmor.security.beta.kubernetes.io/') &&
      value !== 'runtime/default' && value !== '' && !String(value).startsWith('localhost/'), // prettier-ignore
  )
  const places = inherited(spec, 'appArmorProfile', (value) => at(value, 'type') === 'Unconfined')
  if (annotations.length)
    return {
      reason: 'forbidden AppArmor profile',
      detail: annotations.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(', '),
    }
  return places.length
    ? {
        reason: 'forbidden AppArmor profile',
        detail: `${places.join(' and ')} must not set securityContext.appArmorProfile.type to "Unconfined"`,
      }
    : undefined
}

const hostProcess: Rule = (spec) => {
  const places = inherited(spec, 'windowsOptions', (value) => at(value, 'hostProcess') === true)
  return places.length
    ? {
        reason: 'hostProcess',
        detail: `${places.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`,
      }
    : undefined
}

/** The host of a probe or hook is asked by the node: a pod could have it ask what it must not reach itself. */
const probeHosts: Rule = (spec) => {
  const hosts = new Set<string>()
  const names = broken(spec, (container) => {
    const handlers = [
      ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => container[probe]),
      ...['postStart', 'preStop'].map((hook) => at(container, 'lifecycle', hook)),
    ]
    const asked = handlers
      .flatMap((handler) => [at(handler, 'httpGet', 'host'), at(handler, 'tcpSocket', 'host')])
      .flatMap((host) => asString(host) || [])
    for (const host of asked) hosts.add(host)
    return asked.length > 0
  })
  if (names.length === 0) return undefined
  const list = `${hosts.size === 1 ? 'host' : 'hosts'} ${quoted([...hosts].sort())}`
  return {
    reason: 'probe or lifecycle host',
    detail: `${plural([...names].sort())} ${names.length === 1 ? 'uses' : 'use'} probe or lifecycle ${list}`,
  }
}

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

const volumeTypes: Rule = (spec) => {
  // A volume that names no source is an emptyDir.
  const named = asObjects(spec.volumes).filter((each) => Object.keys(each).some((key) => key !== 'name'))
  const bad = named.filter((each) => !allowedVolumes.some((type) => each[type] !== undefined))
  if (bad.length === 0) return undefined
  const names = bad.map((each) => asString(each.name) ?? '')
  const types = [...new Set(bad.map((each) => Object.keys(each).find((key) => key !== 'name') ?? 'unknown'))].sort()
  return {
    reason: 'restricted volume types',
    detail:
      `${names.length === 1 ? 'volume' : 'volumes'} ${quoted(names)} ${names.length === 1 ? 'uses' : 'use'} restricted ` +
      `volume ${types.length === 1 ? 'type' : 'types'} ${quoted(types)}`,
  }
}

/** Linux' privileges mean nothing on Windows, and its pods cannot even set them. */
const onLinux =
  (rule: Rule): Rule =>
  (spec, metadata) =>
    at(spec, 'os', 'name') === 'windows' ? undefined : rule(spec, metadata)

const escalation: Rule = (spec) => {
  const names = broken(spec, (each) => context(each).allowPrivilegeEscalation !== false)
  return names.length
    ? {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${plural(names)} must set securityContext.allowPrivilegeEscalation=false`,
      }
    : undefined
}

const droppedCapabilities: Rule = (spec) => {
  const keep = broken(spec, (each) => !asArray(at(context(each), 'capabilities', 'drop')).includes('ALL'))
  const bad = new Set<string>()
  const adding = broken(spec, (each) => {
    const wrong = asArray(at(context(each), 'capabilities', 'add'))
      .map(String)
      .filter((name) => name !== 'NET_BIND_SERVICE')
    for (const name of wrong) bad.add(name)
    return wrong.length > 0
  })
  const details = [
    ...(keep.length ? [`${plural(keep)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length
      ? [`${plural(adding)} must not include ${quoted([...bad].sort())} in securityContext.capabilities.add`]
      : []),
  ]
  return details.length ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined
}

const runAsNonRoot: Rule = (spec) => {
  if (hasOwnUsers(spec)) return undefined
  const podSetting = at(spec, 'securityContext', 'runAsNonRoot')
  const wrong = broken(spec, (each) => context(each).runAsNonRoot === false)
  const missing = broken(spec, (each) => context(each).runAsNonRoot === undefined)
  if (wrong.length || podSetting === false) {
    const places = [...(podSetting === false ? ['pod'] : []), ...(wrong.length ? [plural(wrong)] : [])]
    return {
      reason: 'runAsNonRoot != true',
      detail: `${places.join(' and ')} must not set securityContext.runAsNonRoot=false`,
    }
  }
  if (podSetting === true || missing.length === 0) return undefined
  return {
    reason: 'runAsNonRoot != true',
    detail: `pod or ${plural(missing)} must set securityContext.runAsNonRoot=true`,
  }
}

const runAsUser: Rule = (spec) => {
  if (hasOwnUsers(spec)) return undefined
  const places = inherited(spec, 'runAsUser', (value) => value === 0)
  return places.length
    ? { reason: 'runAsUser=0', detail: `${places.join(' and ')} must not set runAsUser=0` }
    : undefined
}

const seccompRestricted: Rule = (spec) => {
  const refused = seccompBaseline(spec, {})
  if (refused) return refused
  if (at(spec, 'securityContext', 'seccompProfile') !== undefined) return undefined
  const missing = broken(spec, (each) => context(each).seccompProfile === undefined)
  if (missing.length === 0) return undefined
  const demand = 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return { reason: 'seccompProfile', detail: `pod or ${plural(missing)} must set ${demand}` }
}

const always: readonly Rule[] = [
  hostNamespaces, hostPathVolumes, hostPorts, hostProcess, probeHosts, privileged, seLinux, sysctls, appArmor,
] // prettier-ignore
const onlyBaseline: readonly Rule[] = [procMountOfHostUsers, addedCapabilities, seccompBaseline]
const onlyRestricted: readonly Rule[] = [
  procMount, onLinux(escalation), onLinux(droppedCapabilities), volumeTypes, runAsNonRoot, runAsUser,
  onLinux(seccompRestricted),
] // prettier-ignore

/** What a pod breaks of a level; nothing is broken of `privileged`. */
export function violations(level: Level, spec: JsonObject, metadata: JsonObject): Violation[] {
  if (level === 'privileged') return []
  const rules = [...always, ...(level === 'baseline' ? onlyBaseline : onlyRestricted)]
  return rules.map((rule) => rule(spec, metadata)).filter((each) => each !== undefined)
}
