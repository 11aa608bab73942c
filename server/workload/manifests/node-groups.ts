import type { ServiceSpec, WorkloadSpec } from '../spec.ts'

/**
 * Services that share a volume, directly or through another service, have to run on one node: a volume is mounted
 * there only. Maps each such service to the name of its group, which is the first of its services.
 */
export function nodeGroups(spec: WorkloadSpec): ReadonlyMap<string, string> {
  const groups = new Map<string, string>()
  for (const first of spec.services) {
    if (groups.has(first.name)) continue
    const members = membersFrom(first, spec)
    if (members.length > 1) for (const member of members) groups.set(member.name, first.name)
  }
  return groups
}

function membersFrom(first: ServiceSpec, { services }: WorkloadSpec): ServiceSpec[] {
  const members = [first]
  for (const member of members) {
    const volumes = new Set(member.mounts.map(({ volume }) => volume))
    const joining = services.filter(
      (service) => !members.includes(service) && service.mounts.some(({ volume }) => volumes.has(volume)),
    )
    members.push(...joining)
  }
  return members
}

/** Whether another service mounts one of this one's volumes. */
export const isSharingVolumes = (spec: WorkloadSpec, service: ServiceSpec): boolean =>
  service.mounts.some(({ volume }) =>
    spec.services.some((other) => other !== service && other.mounts.some((mount) => mount.volume === volume)),
  )
