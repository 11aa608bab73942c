import { findCycle } from '../order.ts'
import { bytesOf, mostBytes } from '../size.ts'
import type { ServiceSpec } from '../spec.ts'
import { assignAliases, wantedAliases } from './aliases.ts'
import { labelOf } from './names.ts'
import { child, isRecord, members, type Node } from './node.ts'
import type { Report } from './report.ts'
import { renameHosts, renameInVariable } from './rename.ts'
import type { Draft, Surroundings } from './service.ts'
import { checkMountPaths } from './volumes.ts'

export const mostServices = 100

/** The document's services by their names in it; those whose profiles nobody switches on are left out. */
export function findServices(root: Node, report: Report): { entries: [string, Node][]; leftOut: Set<string> } {
  const node = child(root, 'services')
  const all = node ? members(node) : []
  const leftOut = new Set<string>()
  if (node && !isRecord(node.value)) report.refuse('TYPE_INVALID', node.path, '`services` must be a map.')
  else if (all.length === 0) report.refuse('NO_SERVICES', node?.path ?? [], 'The document has no services.')
  if (all.length > mostServices)
    report.refuse('TEMPLATE_TOO_LARGE', node?.path ?? [], `There are more than ${mostServices} services.`)
  const entries = all.slice(0, mostServices).filter(([name, service]) => {
    if (!isRecord(service.value)) {
      report.refuse('TYPE_INVALID', service.path, `The service "${name}" must be a map.`)
      return false
    }
    const profiles = child(service, 'profiles')
    if (profiles && !Array.isArray(profiles.value))
      report.refuse('TYPE_INVALID', profiles.path, '`profiles` must be a list.')
    const isOff = Array.isArray(profiles?.value) && profiles.value.length > 0 && !profiles.value.includes('')
    if (isOff) {
      leftOut.add(name)
      report.warn(
        'SERVICE_LEFT_OUT',
        profiles.path,
        `The service "${name}" belongs to a profile, and no profile is on.`,
      )
    }
    return !isOff
  })
  if (all.length > 0 && leftOut.size === all.length)
    report.refuse('NO_SERVICES', node?.path ?? [], 'Every service belongs to a profile, and no profile is on.')
  return { entries, leftOut }
}

/** A DNS label for each name. Two names may not meet in one. */
export function labelServices(entries: readonly [string, Node][], report: Report): Map<string, string> {
  const labels = new Map<string, string>()
  const owners = new Map<string, string>()
  for (const [name, node] of entries) {
    const label = labelOf(name)
    const owner = owners.get(label)
    if (owner !== undefined)
      report.refuse('ALIAS_COLLISION', node.path, `"${name}" and "${owner}" are both called ${label} in the cluster.`)
    if (label !== name)
      report.warn('SERVICE_RENAMED', node.path, `The service "${name}" is called ${label} in the cluster.`)
    owners.set(label, name)
    labels.set(name, label)
  }
  return labels
}

/** Completes the drafts with what they are to each other. */
export function completeServices(drafts: readonly Draft[], surroundings: Surroundings): ServiceSpec[] {
  const { reader, labels } = surroundings
  const awaited = new Set(
    drafts.flatMap(({ service }) =>
      service.dependsOn.filter(({ condition }) => condition === 'completed').map((dependency) => dependency.service),
    ),
  )
  const wanted = drafts.flatMap(({ node, service }) => wantedAliases(node, service.name, labels, reader))
  const aliases = assignAliases(wanted, new Set(labels.values()), reader)
  const renames = new Map([...labels].filter(([name, label]) => name !== label))
  const weights = weightsOf(drafts, surroundings)
  const services = drafts.map((draft, index): ServiceSpec => {
    const service = withForeignVolumes(draft, drafts, surroundings)
    checkMountPaths(service, draft.node, reader)
    const isJob = draft.runsOnce ?? awaited.has(service.name)
    const kind = isJob ? 'job' : service.mounts.length > 0 ? 'stateful' : 'stateless'
    const replicas = draft.asked.replicas ?? 1
    if (kind === 'stateful' && replicas > 1 && !service.clustered) {
      reader.report.refuse(
        'CLUSTERED_NEEDED',
        draft.node.path,
        `${replicas} copies of a service with volumes are ${replicas} separate sets of data.`,
      )
    }
    return {
      ...service,
      aliases: aliases.get(service.name) ?? [],
      kind,
      environment: service.environment.map((variable) => renameInVariable(variable, renames)),
      ...(service.command && { command: service.command.map((word) => renameHosts(word, renames)) }),
      ...(service.args && { args: service.args.map((word) => renameHosts(word, renames)) }),
      weights: weights[index] ?? { cpu: 1, memory: 1 },
      replicas: isJob ? 1 : replicas,
    }
  })
  checkCopies(services, surroundings)
  for (const [index, service] of services.entries()) checkSize(service, drafts[index]?.node, surroundings)
  const cycle = findCycle({ services })
  if (cycle.length > 0)
    reader.report.refuse('DEPENDENCY_CYCLE', ['services'], `These services wait for each other: ${cycle.join(', ')}.`)
  return services
}

/** Copies of a clustered service are called `name-1`, `name-2` …, and so are their volumes: nothing else may be. */
function checkCopies(services: readonly ServiceSpec[], { reader, volumeNames }: Surroundings): void {
  const taken = new Set([...services.map(({ name }) => name), ...volumeNames.all()])
  for (const { name, mounts, replicas, clustered } of services) {
    if (!clustered) continue
    const bases = [name, ...mounts.map(({ volume }) => volume)]
    const copies = bases.flatMap((base) => Array.from({ length: replicas - 1 }, (_, copy) => `${base}-${copy + 1}`))
    const clash = copies.find((copy) => taken.has(copy))
    if (clash !== undefined)
      reader.report.refuse('ALIAS_COLLISION', ['services', name], `A copy of "${name}" is called ${clash} too.`)
  }
}

function checkSize(service: ServiceSpec, node: Node | undefined, { reader }: Surroundings): void {
  const bytes = bytesOf(service)
  if (bytes > mostBytes)
    reader.report.refuse(
      'SERVICE_TOO_LARGE',
      node?.path ?? ['services'],
      `Variables, texts and files of ${service.name} come to ${bytes} bytes, and a cluster stores ${mostBytes} of them.`,
    )
}

/** `volumes_from`: the other service's volumes and files, where the other has them. */
function withForeignVolumes(
  draft: Draft,
  drafts: readonly Draft[],
  { reader, labels }: Surroundings,
): Draft['service'] {
  const { service } = draft
  if (draft.volumesFrom.length === 0) return service
  const others = draft.volumesFrom.flatMap((name) => {
    const other = drafts.find((candidate) => candidate.service.name === labels.get(name))
    if (!other)
      reader.report.refuse('DEPENDENCY_UNKNOWN', draft.node.path, `There is no service "${name}" to take volumes from.`)
    return other ? [other.service] : []
  })
  return {
    ...service,
    mounts: [...service.mounts, ...others.flatMap(({ mounts }) => mounts)],
    files: [...service.files, ...others.flatMap(({ files }) => files)],
  }
}

/** A service that asks for nothing weighs as much as those that ask do on average. */
function weightsOf(drafts: readonly Draft[], { labels, xBerth }: Surroundings): ServiceSpec['weights'][] {
  const explicit = (name: string) => {
    const original = [...labels].find(([, label]) => label === name)?.[0]
    return original !== undefined && Object.hasOwn(xBerth.services, original)
      ? xBerth.services[original]?.weights
      : undefined
  }
  const cpu = drafts.map(({ service, asked }) => explicit(service.name)?.cpu ?? asked.cpus)
  const memory = drafts.map(({ service, asked }) => explicit(service.name)?.memory ?? asked.memoryBytes)
  const usualCpu = averageOf(cpu)
  const usualMemory = averageOf(memory)
  return drafts.map((_, index) => ({ cpu: cpu[index] ?? usualCpu, memory: memory[index] ?? usualMemory }))
}

function averageOf(asked: readonly (number | undefined)[]): number {
  const given = asked.filter((amount) => amount !== undefined)
  return given.length === 0 ? 1 : given.reduce((sum, amount) => sum + amount, 0) / given.length
}
