import { blockedRanges } from './cidrs.ts'
import type { ManifestInput, PodGroup } from './input.ts'
import { componentSelector, labelKeys, managedBy } from './labels.ts'
import { metadataOf, type KubernetesObject } from './object.ts'

/** Where cluster DNS answers on nearly every cluster, for those whose operator said nothing. */
const usualDns: PodGroup = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } }

/**
 * Nothing in and nothing out, except: names, siblings, the organization's other subscriptions, the ingress both ways,
 * and the internet without the ranges of cluster, nodes and metadata services. The API server and the kubelets are in
 * those ranges.
 */
export function networkPolicies(input: ManifestInput): KubernetesObject[] {
  const { ingressSelector } = input.cluster
  return [
    policy(input, 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    dns(input),
    neighbours(input, 'allow-same-namespace', [{ podSelector: {} }]),
    neighbours(input, 'allow-same-organization', [{ namespaceSelector: { matchLabels: organizationLabels(input) } }]),
    internet(input),
    ...(ingressSelector ? [...fromIngress(input, ingressSelector), toIngress(input, ingressSelector)] : []),
    ...(ingressSelector ? toSolvers(input, ingressSelector) : []),
  ]
}

const policy = (input: ManifestInput, name: string, spec: object): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: metadataOf(input, name),
  spec,
})

const podsOf = ({ namespace, podLabels }: PodGroup): object => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  podSelector: { matchLabels: Object.fromEntries(Object.entries(podLabels).sort(([a], [b]) => (a < b ? -1 : 1))) },
})

const dns = (input: ManifestInput): KubernetesObject =>
  policy(input, 'allow-dns', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [
      {
        to: [podsOf(input.cluster.dnsSelector ?? usualDns)],
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
    ],
  })

/** Both ways: who may be called may also call. */
const neighbours = (input: ManifestInput, name: string, peers: object[]): KubernetesObject =>
  policy(input, name, {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: peers }],
    egress: [{ to: peers }],
  })

/** Namespaces of the same organization in the same installation: labels that only Berth's account can write. */
const organizationLabels = ({ subscription, installationId }: ManifestInput): Record<string, string> => ({
  [labelKeys.managedBy]: managedBy,
  [labelKeys.installation]: installationId,
  [labelKeys.organization]: subscription.organizationId,
})

function internet(input: ManifestInput): KubernetesObject {
  const { v4, v6 } = blockedRanges(input.cluster.blockedCidrs)
  return policy(input, 'allow-internet', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [
      {
        to: [
          { ipBlock: { cidr: '0.0.0.0/0', except: v4 } },
          ...(v6 ? [{ ipBlock: { cidr: '::/0', except: v6 } }] : []),
        ],
      },
    ],
  })
}

/** The ingress controller reaches what is exposed, and nothing else. */
function fromIngress(input: ManifestInput, controller: PodGroup): KubernetesObject[] {
  const ports = new Map<string, Set<number>>()
  for (const { service, port, protocol } of input.spec.expose) {
    if (protocol === 'http') ports.set(service, (ports.get(service) ?? new Set()).add(port))
  }
  return [...ports].map(([service, exposed]) =>
    policy(input, `allow-ingress-to-${service}`, {
      podSelector: { matchLabels: componentSelector(input, service) },
      policyTypes: ['Ingress'],
      ingress: [{ from: [podsOf(controller)], ports: [...exposed].map((port) => ({ port, protocol: 'TCP' })) }],
    }),
  )
}

/** cert-manager's own: the port and label of the pods that prove to an authority (ACME, HTTP-01) whose a host is. */
const solver = { port: 8089, label: 'acme.cert-manager.io/http01-solver' } as const

/** Without it the authority would be answered by nobody, and no certificate ever issued. */
function toSolvers(input: ManifestInput, controller: PodGroup): KubernetesObject[] {
  if (!input.cluster.certificateIssuer || !input.spec.expose.some(({ protocol }) => protocol === 'http')) return []
  return [
    policy(input, 'allow-ingress-to-certificate-solvers', {
      podSelector: { matchLabels: { [solver.label]: 'true' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [podsOf(controller)], ports: [{ port: solver.port, protocol: 'TCP' }] }],
    }),
  ]
}

/** Applications call their own public address. */
const toIngress = (input: ManifestInput, controller: PodGroup): KubernetesObject =>
  policy(input, 'allow-egress-to-ingress', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [{ to: [podsOf(controller)] }],
  })
