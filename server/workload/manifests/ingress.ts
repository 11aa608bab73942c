import { endpointsOf, type EndpointView } from './endpoints.ts'
import type { ManifestInput } from './input.ts'
import { metadataOf, type KubernetesObject } from './object.ts'

/** One for each public endpoint: host and path to a service's port, with TLS where the operator named an issuer. */
export const ingresses = (input: ManifestInput): KubernetesObject[] =>
  endpointsOf(input)
    .filter(({ scope }) => scope === 'PUBLIC')
    .map((endpoint) => ingress(input, endpoint))

function ingress(
  input: ManifestInput,
  { name, host, path, tls, targetService, targetPort }: EndpointView,
): KubernetesObject {
  const { ingressClass, certificateIssuer } = input.cluster
  const annotations = certificateIssuer ? { 'cert-manager.io/cluster-issuer': certificateIssuer } : {}
  const backend = { service: { name: targetService, port: { number: targetPort } } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: metadataOf(input, name, { annotations }),
    spec: {
      ...(ingressClass && { ingressClassName: ingressClass }),
      rules: [{ host, http: { paths: [{ path, pathType: 'Prefix', backend }] } }],
      ...(tls && { tls: [{ hosts: [host], secretName: `${name}-tls` }] }),
    },
  }
}
