import type { PortSpec } from '../spec.ts'
import { componentSelector } from './labels.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'

/**
 * The names under which siblings reach a service, whether it declares ports or not. Where it declares none, siblings
 * may still use any, as in Compose, so that its name leads straight to its pods.
 */
export function services(part: Part): KubernetesObject[] {
  const { service } = part
  return [service.name, ...service.aliases].map((name) => serviceNamed(part, name))
}

function serviceNamed(part: Part, name: string): KubernetesObject {
  const { input, service } = part
  const isHeadless = service.ports.length === 0
  const ports = portsOf(part)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(input, name),
    spec: {
      type: 'ClusterIP',
      ...(isHeadless && { clusterIP: 'None' }),
      // Compose resolves a name as soon as the container runs; where the ingress listens too, only the ready count.
      ...(ports.length === 0 && { publishNotReadyAddresses: true }),
      selector: componentSelector(input, service.name),
      ...(ports.length > 0 && {
        ports: ports.map(({ port, protocol }) => ({
          name: `${protocol.toLowerCase()}-${port}`,
          port,
          protocol,
          targetPort: port,
        })),
      }),
    },
  }
}

/** The declared ports, and those that are exposed without being declared: an Ingress needs them named. */
function portsOf({ input, service }: Part): Pick<PortSpec, 'port' | 'protocol'>[] {
  const declared = new Set(service.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port))
  const exposed = input.spec.expose.filter((expose) => expose.service === service.name).map(({ port }) => port)
  const missing = [...new Set(exposed)].filter((port) => !declared.has(port))
  return [...service.ports, ...missing.map((port) => ({ port, protocol: 'TCP' as const }))]
}
