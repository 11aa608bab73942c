import { isIP } from 'node:net'
import type { ServiceSpec } from '../spec.ts'
import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'

/** What Kubernetes takes in a pod: `validatePodDNSConfig`. */
const most = { servers: 3, searches: 32 } as const
const domain = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)*\.?$/

/** `dns`, `dns_search` and `dns_opt`. They add to the cluster's own, which siblings are found by. */
export function readNameService(service: Node, reader: Reader): ServiceSpec['nameService'] {
  const texts = (key: string, isGood: (text: string) => boolean, what: string, limit: number): string[] => {
    const node = child(service, key)
    const found = (node ? reader.oneOrMore(node) : []).flatMap((inner) => {
      const text = reader.fixed(inner)?.trim()
      if (text === undefined || text === '' || isGood(text)) return text ? [text] : []
      reader.report.refuse('VALUE_INVALID', inner.path, `"${text.slice(0, 80)}" is not ${what}.`)
      return []
    })
    if (node && found.length > limit)
      reader.report.warn('KEY_IGNORED', node.path, `Only the first ${limit} of "${key}" are used.`)
    return [...new Set(found)].slice(0, limit)
  }
  const servers = texts('dns', (text) => isIP(text) !== 0, 'the address of a name server', most.servers)
  const isDomain = (text: string): boolean => text === '.' || (text.length <= 253 && domain.test(text))
  // An empty search list is written `.` in Compose, and has no other name in Kubernetes.
  const searches = texts('dns_search', isDomain, 'a domain', most.searches).filter((text) => text !== '.')
  const options = texts('dns_opt', (text) => /^[a-z0-9-]+(:[^\s:]*)?$/.test(text), 'an option', 20).map((text) => {
    const [name = '', value] = text.split(':', 2)
    return { name, ...(value !== undefined && { value }) }
  })
  return servers.length + searches.length + options.length === 0 ? undefined : { servers, searches, options }
}
