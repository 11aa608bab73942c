import type { ServiceSpec } from '../spec.ts'
import { child, isRecord, type Node } from './node.ts'
import type { Reader } from './reader.ts'

/** What Pod Security's `baseline` lets a container add; `restricted` leaves only the first. */
const baselineCapabilities = new Set([
  ...['NET_BIND_SERVICE', 'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
])
/** All that there are (capabilities(7)): an API server takes any word, and then no container starts. */
const linuxCapabilities = new Set([
  ...baselineCapabilities,
  ...['AUDIT_CONTROL', 'AUDIT_READ', 'BLOCK_SUSPEND', 'BPF', 'CHECKPOINT_RESTORE', 'DAC_READ_SEARCH', 'IPC_LOCK'],
  ...['IPC_OWNER', 'LEASE', 'LINUX_IMMUTABLE', 'MAC_ADMIN', 'MAC_OVERRIDE', 'NET_ADMIN', 'NET_BROADCAST', 'NET_RAW'],
  ...['PERFMON', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_MODULE', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_RAWIO'],
  ...['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM'],
])
export const restrictedCapabilities: ReadonlySet<string> = new Set(['NET_BIND_SERVICE'])

/** Of the kernel's settings, those that are a container's own affair (Pod Security Standards, "Sysctls"). */
const safeSysctls = new Set([
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start'],
  ...['net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports'],
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'],
  ...['net.ipv4.tcp_keepalive_probes'],
])

/** Users that are called the same and numbered the same everywhere. */
const knownUsers: Readonly<Record<string, number>> = { root: 0, nobody: 65534 }

const numeric = /^\d+$/
const idOf = (name: string): number | undefined => {
  if (numeric.test(name)) return Number(name) <= 2 ** 31 - 1 ? Number(name) : undefined
  return Object.hasOwn(knownUsers, name) ? knownUsers[name] : undefined
}

/** `user`, as numbers. A user by name is known to the image alone, so that it cannot be checked nor set. */
export function readUser(node: Node, reader: Reader): ServiceSpec['user'] {
  const text = reader.fixed(node)
  if (text === undefined || text === '') return undefined
  const [name = '', group] = text.split(':', 2)
  const uid = idOf(name)
  if (uid === undefined) {
    if (numeric.test(name)) reader.report.refuse('USER_INVALID', node.path, `${name} is no user's number.`)
    else reader.report.warn('USER_BY_NAME', node.path, `The user "${name}" is a name: the image's own user is used.`)
    return undefined
  }
  const gid = group === undefined || group === '' ? undefined : groupOf(group, node, reader)
  return { uid, ...(gid !== undefined && { gid }) }
}

/** A group by name is known to the image alone, and the user's own number is taken instead. */
function groupOf(group: string, node: Node, { report }: Reader): number | undefined {
  const gid = idOf(group)
  if (gid !== undefined) return gid
  if (numeric.test(group)) report.refuse('USER_INVALID', node.path, `${group} is no group's number.`)
  else report.warn('KEY_IGNORED', node.path, `The group "${group}" is a name, which only the image knows.`)
  return undefined
}

export function readCapabilities(service: Node, reader: Reader): ServiceSpec['capabilities'] {
  const read = (key: string): [string, Node][] => {
    const list = child(service, key)
    return (list ? reader.list(list) : []).flatMap((node): [string, Node][] => {
      const text = reader.fixed(node)
      return text === undefined ? [] : [[text.toUpperCase().replace(/^CAP_/, ''), node]]
    })
  }
  const add = read('cap_add').filter(([name, node]) => {
    if (baselineCapabilities.has(name)) return true
    reader.report.refuse('CAPABILITY_NOT_ALLOWED', node.path, `The capability ${name} reaches beyond the container.`)
    return false
  })
  const drop = read('cap_drop').filter(([name, node]) => {
    if (name === 'ALL' || linuxCapabilities.has(name)) return true
    reader.report.refuse('VALUE_INVALID', node.path, `Linux has no capability "${name.slice(0, 60)}".`)
    return false
  })
  const names = (found: [string, Node][]): string[] => [...new Set(found.map(([name]) => name))]
  return { add: names(add), drop: names(drop) }
}

/** `security_opt`: what confines further is kept, what unconfines is refused. */
export function readSecurityOptions(service: Node, reader: Reader): { noNewPrivileges: boolean } {
  const list = child(service, 'security_opt')
  let noNewPrivileges = false
  for (const node of list ? reader.list(list) : []) {
    const text = (reader.fixed(node) ?? '').toLowerCase().replace('=', ':')
    if (text === 'no-new-privileges' || text === 'no-new-privileges:true') noNewPrivileges = true
    else if (/^(seccomp|apparmor|systempaths):unconfined$/.test(text) || text === 'label:disable') {
      reader.report.refuse('SECURITY_UNCONFINED', node.path, `"${text}" takes the container's confinement away.`)
    } else if (text !== 'no-new-privileges:false') {
      reader.report.warn(
        'KEY_IGNORED',
        node.path,
        `The security option "${text}" is not used: the runtime's default profiles are.`,
      )
    }
  }
  return { noNewPrivileges }
}

export function readSysctls(service: Node, reader: Reader): ServiceSpec['sysctls'] {
  const node = child(service, 'sysctls')
  if (!node) return []
  const pairs: [string, string, Node][] = isRecord(node.value)
    ? reader.map(node).map(([name, inner]) => [name, reader.fixed(inner) ?? '', inner])
    : reader.list(node).map((inner) => {
        const [name = '', value = ''] = (reader.fixed(inner) ?? '').split('=', 2)
        return [name, value, inner]
      })
  // Of a name that is there twice the last counts, as in Compose; Kubernetes takes each once.
  const found = new Map<string, string>()
  for (const [name, value, inner] of pairs) {
    if (safeSysctls.has(name)) found.set(name, value)
    else checkSysctl(name, inner, reader)
  }
  return [...found].map(([name, value]) => ({ name, value }))
}

function checkSysctl(name: string, node: Node, { report }: Reader): void {
  if (name.startsWith('net.') || name.startsWith('fs.mqueue.') || /^kernel\.(shm|msg|sem)/.test(name))
    report.warn('KEY_IGNORED', node.path, `The kernel setting ${name} stays as the node has it.`)
  else report.refuse('SYSCTL_NOT_ALLOWED', node.path, `The kernel setting ${name} belongs to the whole node.`)
}

export function readGroups(service: Node, reader: Reader): number[] {
  const list = child(service, 'group_add')
  return (list ? reader.list(list) : []).flatMap((node) => {
    const text = reader.fixed(node)
    const id = text === undefined ? undefined : idOf(text)
    if (text !== undefined && id === undefined) {
      reader.report.warn('KEY_IGNORED', node.path, `The group "${text}" is a name, which only the image knows.`)
    }
    return id === undefined ? [] : [id]
  })
}
