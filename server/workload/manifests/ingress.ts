import { endpointsOf, type EndpointView } from './endpoints.ts'
import type { ManifestInput } from './input.ts'
import { metadataOf, type KubernetesObject } from './object.ts'

/**
 * One for each public host, named after its first endpoint, with the paths of all: cert-manager makes a certificate for
 * each Ingress, and of two for one host neither would know which is its own. TLS where the operator named an issuer.
 */
export function ingresses(input: ManifestInput): KubernetesObject[] {
  const byHost = new Map<string, EndpointView[]>()
  for (const endpoint of endpointsOf(input)) {
    if (endpoint.scope === 'PUBLIC') byHost.set(endpoint.host, [...(byHost.get(endpoint.host) ?? []), endpoint])
  }
  return [...byHost].map(([host, endpoints]) => ingress(input, host, endpoints))
}

function ingress(input: ManifestInput, host: string, endpoints: readonly EndpointView[]): KubernetesObject {
  const { ingressClass, certificateIssuer } = input.cluster
  const annotations = certificateIssuer ? { 'cert-manager.io/cluster-issuer': certificateIssuer } : {}
  const name = endpoints[0]?.name ?? host
  const paths = endpoints.map(({ path, targetService, targetPort }) => ({
    path,
    pathType: 'Prefix',
    backend: { service: { name: targetService, port: { number: targetPort } } },
  }))
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: metadataOf(input, name, { annotations }),
    spec: {
      ...(ingressClass && { ingressClassName: ingressClass }),
      rules: [{ host, http: { paths } }],
      ...(certificateIssuer && { tls: [{ hosts: [host], secretName: `${name}-tls` }] }),
    },
  }
}
