import type { ManifestInput } from './manifests/index.ts'
import { resolveParameters } from './parameters.ts'
import { generateSecrets, type Random } from './secrets.ts'
import type { WorkloadSpec } from './spec.ts'

/** The same bytes every time: a generated value is only there to be recognized. */
function countingRandom(): Random {
  let next = 0
  return (bytes) => Uint8Array.from({ length: bytes }, () => (next = (next + 37) % 251))
}

/**
 * A subscription that nobody ordered, for a look at a template's objects before there is one: parameters at their
 * defaults, secrets that are none, an example plan and cluster. Pure, and the same every time.
 */
export function exampleInput(spec: WorkloadSpec, changes: Partial<ManifestInput> = {}): ManifestInput {
  const parameters = resolveParameters(spec, {})
  return {
    spec,
    plan: { cpuMillicores: 250, memoryBytes: 512 * 2 ** 20, storageBytes: 2 ** 30, replicas: 2 },
    subscription: {
      id: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
      name: 'shop',
      organizationId: '0190a1b2-0000-7000-8000-000000000001',
      serviceId: '0190a1b2-0000-7000-8000-000000000002',
      serviceSlug: 'sample',
      planId: '0190a1b2-0000-7000-8000-000000000003',
      planSlug: 'small',
      revisionId: '0190a1b2-0000-7000-8000-000000000004',
      generation: 3,
      parameters: parameters.ok ? parameters.values : {},
    },
    secrets: generateSecrets(spec, countingRandom()),
    installationId: '0190a1b2-0000-7000-8000-000000000005',
    cluster: {
      baseDomain: 'apps.example.net',
      ingressClass: 'nginx',
      ingressSelector: { namespace: 'ingress-system', podLabels: { 'app.kubernetes.io/name': 'ingress' } },
      dnsSelector: { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } },
      blockedCidrs: ['10.41.0.0/16', '203.0.113.7'],
    },
    running: true,
    ...changes,
  }
}
