import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KubeClient } from '../../kube/client.ts'
import type { KubeObject, ObjectRef } from '../../kube/object.ts'

/**
 * Plays cert-manager, which these clusters do not have: what it writes into a namespace because of an Ingress, in the
 * form and with the labels that cert-manager gives it.
 */
export const issuer = 'letsencrypt'

type IngressSpec = { ingressClassName?: string; tls?: { hosts: string[]; secretName: string }[] }

/** Makes the certificate that an Ingress asks for, and writes the Secret that it names. Throws where it asks for none. */
export async function issueCertificate(admin: KubeClient, ingress: KubeObject): Promise<X509Certificate> {
  const { tls = [] } = ingress['spec'] as IngressSpec
  const host = tls[0]?.hosts[0]
  const isAsked = ingress.metadata.annotations?.['cert-manager.io/cluster-issuer'] === issuer
  if (!isAsked || tls.length !== 1 || host === undefined) throw new Error('the Ingress asks for no certificate')
  const { certificate, key } = await selfSigned(host)
  await admin.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: tls[0]?.secretName ?? '',
      namespace: ingress.metadata.namespace ?? '',
      labels: { 'controller.cert-manager.io/fao': 'true' },
      annotations: { 'cert-manager.io/issuer-name': issuer, 'cert-manager.io/alt-names': host },
    },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
  })
  return new X509Certificate(certificate)
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function selfSigned(host: string): Promise<{ certificate: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-certificate-'))
  const [keyFile, file] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  try {
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      // The common name has room for 64 letters only; what counts is the alternative one.
      ...['-subj', '/CN=berth-test', '-addext', `subjectAltName=DNS:${host}`, '-keyout', keyFile, '-out', file],
    ])
    return { certificate: await readFile(file, 'utf8'), key: await readFile(keyFile, 'utf8') }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The path under which an authority asks (RFC 8555, 8.3). */
export const challengePath = '/.well-known/acme-challenge/token'

/**
 * The Pod, Service and Ingress by which it proves a host to an authority, with cert-manager's own limits. The image is
 * one that answers HTTP, in place of cert-manager's. Gives what it made.
 */
export async function placeSolver(admin: KubeClient, ingress: KubeObject): Promise<ObjectRef[]> {
  const host = (ingress['spec'] as IngressSpec).tls?.[0]?.hosts[0]
  const labels = { 'acme.cert-manager.io/http01-solver': 'true', 'acme.cert-manager.io/http-domain': '123' }
  const metadata = { name: 'cm-acme-http-solver-abcde', namespace: ingress.metadata.namespace ?? '', labels }
  const port = 8089
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Pod', metadata, spec: solverPod(port) },
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata },
      spec: { type: 'ClusterIP', ports: [{ name: 'http', port, targetPort: port }], selector: labels },
    },
    {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata },
      spec: {
        ...('ingressClassName' in (ingress['spec'] as object) && {
          ingressClassName: (ingress['spec'] as IngressSpec).ingressClassName,
        }),
        rules: [{ host, http: { paths: [challengeRule(metadata.name, port)] } }],
      },
    },
  ]
  for (const object of objects) await admin.apply(object)
  return objects.map(({ apiVersion, kind }) => ({
    apiVersion,
    kind,
    name: metadata.name,
    namespace: metadata.namespace,
  }))
}

const challengeRule = (name: string, port: number) => ({
  path: challengePath,
  pathType: 'ImplementationSpecific',
  backend: { service: { name, port: { number: port } } },
})

const solverPod = (port: number) => ({
  restartPolicy: 'OnFailure',
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'acmesolver',
      image: 'traefik/whoami:v1.10',
      env: [{ name: 'WHOAMI_PORT_NUMBER', value: String(port) }],
      resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
      ports: [{ name: 'http', containerPort: port }],
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
})
