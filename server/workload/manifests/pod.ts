import { digestOf, claimName } from './names.ts'
import { fileVolumes } from './files.ts'
import { annotationKeys, componentSelector, identityLabels, labelKeys } from './labels.ts'
import type { ServiceSpec } from '../spec.ts'
import type { Part } from './part.ts'
import { probesOf } from './probes.ts'
import { bytesQuantity, cpuQuantity } from './quantity.ts'
import { containerSecurityContext, podSecurityContext } from './security.ts'
import { serviceAccountName } from './service-account.ts'

/** Compose's own default; who keeps data gets longer, since ending early costs a recovery. */
const graceSeconds = { stateless: 10, stateful: 60, job: 10 } as const

/**
 * The pod of one service. Plan, revision and generation are not written into it: they change while nothing that runs
 * does, and every change of a pod template restarts pods.
 */
export function podTemplate(part: Part, copy = 0): Record<string, unknown> {
  const { input, service, nodeGroup } = part
  const { restartedAt } = input.subscription
  const checksum = checksumOf(part)
  const annotations = {
    ...(checksum !== undefined && { [annotationKeys.checksum]: checksum }),
    ...(restartedAt !== undefined && service.kind !== 'job' && { [annotationKeys.restartedAt]: restartedAt }),
  }
  return {
    metadata: {
      labels: {
        ...identityLabels(input),
        ...componentSelector(input, service.name),
        ...(nodeGroup !== undefined && { [labelKeys.nodeGroup]: nodeGroup }),
        ...copyLabel(part, copy),
      },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: podSpec(part, copy),
  }
}

/** Copies of a clustered service are workloads of their own, and must not select each other's pods. */
export const copyLabel = ({ service }: Part, copy: number): Record<string, string> =>
  service.clustered ? { [labelKeys.copy]: String(copy) } : {}

function podSpec(part: Part, copy: number): Record<string, unknown> {
  const { input, service } = part
  const { spec } = input
  const storage = volumesOf(part, copy)
  const affinity = affinityOf(part)
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: podSecurityContext(service, spec.isolation),
    terminationGracePeriodSeconds: service.stopGracePeriodSeconds ?? graceSeconds[service.kind],
    ...(service.hostname !== undefined && { hostname: service.hostname }),
    ...(service.hosts.length > 0 && { hostAliases: hostAliasesOf(service) }),
    ...dnsOf(service),
    ...(service.kind === 'job' && { restartPolicy: 'Never' }),
    ...(affinity && { affinity }),
    ...(service.kind !== 'job' && { topologySpreadConstraints: spreadOf(part) }),
    containers: [containerOf(part, storage.mounts)],
    ...(storage.volumes.length > 0 && { volumes: storage.volumes }),
  }
}

function containerOf(part: Part, volumeMounts: unknown[]): Record<string, unknown> {
  const { input, service, share, environment } = part
  const amounts = { cpu: cpuQuantity(share.cpuMillicores), memory: bytesQuantity(share.memoryBytes) }
  return {
    name: service.name,
    image: service.image,
    ...(environment.command && { command: environment.command }),
    ...(environment.args && { args: environment.args }),
    ...(service.workingDir !== undefined && { workingDir: service.workingDir }),
    ...(environment.env.length > 0 && { env: environment.env }),
    ...(service.ports.length > 0 && {
      ports: service.ports.map(({ port, protocol }) => ({ containerPort: port, protocol })),
    }),
    resources: { requests: amounts, limits: amounts },
    securityContext: containerSecurityContext(service, input.spec.isolation),
    ...probesOf(service, input.spec, part.context),
    ...(volumeMounts.length > 0 && { volumeMounts }),
    ...(service.tty && { tty: true }),
    ...(service.stdin && { stdin: true }),
  }
}

/** `extra_hosts`: an address is listed once with all of its names, as server-side apply takes them for keys. */
function hostAliasesOf({ hosts }: ServiceSpec): { ip: string; hostnames: string[] }[] {
  const byAddress = Map.groupBy(hosts, ({ address }) => address)
  return [...byAddress].map(([ip, of]) => ({ ip, hostnames: [...new Set(of.map(({ name }) => name))] }))
}

/** What the template adds to the cluster's own name service. */
function dnsOf({ nameService }: ServiceSpec): Record<string, unknown> {
  if (!nameService) return {}
  const { servers, searches, options } = nameService
  return {
    dnsConfig: {
      ...(servers.length > 0 && { nameservers: servers }),
      ...(searches.length > 0 && { searches }),
      ...(options.length > 0 && { options }),
    },
  }
}

function volumesOf({ service, files }: Part, copy: number): { volumes: unknown[]; mounts: unknown[] } {
  const names = [...new Set(service.mounts.map(({ volume }) => volume))]
  const written = fileVolumes(service, files)
  return {
    volumes: [
      ...names.map((volume) => ({
        name: `data-${volume}`,
        persistentVolumeClaim: { claimName: claimName(volume, copy) },
      })),
      ...service.tmpfs.map(({ sizeBytes }, index) => ({
        name: `memory-${index}`,
        emptyDir: { medium: 'Memory', ...(sizeBytes !== undefined && { sizeLimit: bytesQuantity(sizeBytes) }) },
      })),
      ...written.volumes,
    ],
    mounts: [
      ...service.mounts.map(({ volume, path, subPath, readOnly }) => ({
        name: `data-${volume}`,
        mountPath: path,
        ...(subPath !== undefined && { subPath }),
        ...(readOnly && { readOnly }),
      })),
      ...service.tmpfs.map(({ path }, index) => ({ name: `memory-${index}`, mountPath: path })),
      ...written.mounts,
    ],
  }
}

/** On one node with those that share its volumes; on a processor that its images are made for. */
function affinityOf({ input, service, nodeGroup }: Part): Record<string, unknown> | undefined {
  const architectures = service.architecture === undefined ? input.spec.architectures : [service.architecture]
  if (nodeGroup === undefined && architectures.length === 0) return undefined
  const matchLabels = { [labelKeys.nodeGroup]: nodeGroup, [labelKeys.subscription]: input.subscription.id }
  const matchExpressions = [{ key: 'kubernetes.io/arch', operator: 'In', values: architectures }]
  return {
    ...(architectures.length > 0 && {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
    }),
    ...(nodeGroup !== undefined && {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } },
        ],
      },
    }),
  }
}

/** Copies on different nodes and zones, as far as there are any: one that dies takes one copy with it. */
const spreadOf = ({ input, service }: Part): unknown[] =>
  ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: componentSelector(input, service.name) },
  }))

/** Changes when a value changes that the pod reads by reference; salted, so that equal secrets do not show. */
function checksumOf({ input, environment, files }: Part): string | undefined {
  const read = [environment.secrets, files.open, files.secret]
  const isEmpty = Object.keys(environment.secrets).length + files.open.length + files.secret.length === 0
  return isEmpty ? undefined : digestOf(`${input.subscription.id}\n${JSON.stringify(read)}`)
}
