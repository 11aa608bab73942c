import type { PortSpec } from '../spec.ts'
import { child, isRecord, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys, wordOf } from './shape.ts'

const most = 200

/** `ports` and `expose`: which of the container's ports there are, since the cluster gives every pod its own address. */
export function readPorts(service: Node, reader: Reader): PortSpec[] {
  const found = new Map<string, PortSpec>()
  const add = (node: Node, published: boolean): void => {
    for (const port of portsOf(node, published, reader)) {
      const key = `${port.port}/${port.protocol}`
      found.set(key, { ...port, published: published || (found.get(key)?.published ?? false) })
    }
  }
  const ports = child(service, 'ports')
  const expose = child(service, 'expose')
  for (const node of ports ? reader.list(ports) : []) add(node, true)
  for (const node of expose ? reader.list(expose) : []) add(node, false)
  if (found.size <= most) return [...found.values()]
  reader.report.refuse('PORT_INVALID', (ports ?? expose ?? service).path, `There are ${found.size} ports.`)
  return []
}

function portsOf(node: Node, published: boolean, reader: Reader): PortSpec[] {
  if (isRecord(node.value)) return longPort(node, reader)
  // The container's port is the last part; before it come the host's port and address, which a cluster has no use for,
  // so that a variable there need not have a value.
  const last = typeof node.value === 'string' && published ? node.value.slice(startOfTarget(node.value)) : node.value
  if (typeof node.value === 'string' && typeof last === 'string') checkHostPart(node.value, last, node, reader)
  const text = reader.fixed({ ...node, value: last })
  if (text === undefined) return []
  const [target = '', protocol = 'tcp'] = text.split('/', 2)
  return portRange(target, protocol, published, node, reader)
}

/** `[[address:]port[-port]:]`: nothing comes of it here, but a slip of the pen in it is still one. */
function checkHostPart(whole: string, target: string, node: Node, { report }: Reader): void {
  const host = whole.slice(0, whole.length - target.length)
  if (host === '' || host.includes('$') || /^((\[[0-9a-f:.%a-z]*\]|[\d.]+|):)?(\d{1,5}(-\d{1,5})?)?:$/i.test(host))
    return
  report.refuse('PORT_INVALID', node.path, `"${host.slice(0, 60)}" is not a port of the host.`)
}

/** After the last colon that is not inside a variable's braces. */
function startOfTarget(text: string): number {
  let depth = 0
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '{') depth++
    else if (character === '}') depth--
    else if (character === ':' && depth === 0) start = index + 1
  }
  return start
}

const longKeys = new Set(['app_protocol', 'host_ip', 'mode', 'name', 'protocol', 'published', 'target'])

function longPort(node: Node, reader: Reader): PortSpec[] {
  checkKeys(node, longKeys, 'A port', reader)
  wordOf(node, 'mode', ['host', 'ingress'], reader)
  const target = child(node, 'target')
  const text = target && reader.fixed(target)
  if (text === undefined) {
    reader.report.refuse('PORT_INVALID', node.path, 'A port needs a `target`.')
    return []
  }
  const protocol = child(node, 'protocol')
  return portRange(text, (protocol && reader.fixed(protocol)) ?? 'tcp', true, node, reader)
}

function portRange(text: string, protocol: string, published: boolean, node: Node, { report }: Reader): PortSpec[] {
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const first = Number(range?.[1] ?? 0)
  const last = Number(range?.[2] ?? first)
  const kind = protocol.toUpperCase()
  if (first < 1 || last > 65535 || last < first || last - first >= most || (kind !== 'TCP' && kind !== 'UDP')) {
    report.refuse('PORT_INVALID', node.path, `"${text}/${protocol}" is not a port.`)
    return []
  }
  return Array.from({ length: last - first + 1 }, (_, index) => ({ port: first + index, protocol: kind, published }))
}
