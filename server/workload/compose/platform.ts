import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'

/** As image platforms are spelled, and as Kubernetes labels its nodes. */
const architectures: Readonly<Record<string, string>> = {
  amd64: 'amd64',
  x86_64: 'amd64',
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  '386': '386',
  ppc64le: 'ppc64le',
  riscv64: 'riscv64',
  s390x: 's390x',
}

/** `platform`: `linux/arm64/v8` → `arm64`, `linux` → undefined. */
export function readArchitecture(service: Node, reader: Reader): string | undefined {
  const node = child(service, 'platform')
  const text = node && reader.fixed(node)
  if (!node || !text || text === 'linux') return undefined
  const parts = text.toLowerCase().split('/')
  const [system, name = ''] = parts.length === 1 ? ['linux', parts[0]] : parts
  const known = system === 'linux' && Object.hasOwn(architectures, name) ? architectures[name] : undefined
  if (known === undefined)
    reader.report.refuse('PLATFORM_NOT_SUPPORTED', node.path, `There are no nodes for "${text.slice(0, 60)}".`)
  return known
}
