import type { EndpointView } from '../../workload/manifests/index.ts'
import type { ObservedObject } from '../clusters/service.ts'
import type { EndpointRow, PodRow, VolumeRow } from './desired.ts'

/** What a pass found (pods, claims, ways in) in the form of its rows, and whether that differs from what is stored. Pure. */

const phases: Readonly<Record<string, PodRow['phase']>> = {
  Pending: 'PENDING',
  Running: 'RUNNING',
  Succeeded: 'SUCCEEDED',
  Failed: 'FAILED',
}

export function podRows(pods: readonly ObservedObject[]): PodRow[] {
  return pods
    .flatMap(({ pod, uid, name, component, deleting }): PodRow[] =>
      pod
        ? [
            {
              id: uid,
              name,
              component: component ?? '',
              node: pod.node ?? null,
              phase: phases[pod.phase] ?? 'UNKNOWN',
              ready: pod.ready && !deleting,
              restarts: pod.restarts,
              image: pod.image ?? null,
              reason: deleting ? 'Terminating' : (pod.reason ?? null),
              message: pod.message ?? null,
              podIp: pod.podIp ?? null,
              startedAt: pod.startedAt ?? null,
              createdAt: pod.createdAt,
            },
          ]
        : [],
    )
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

const podDigest = ({ startedAt: _started, createdAt: _created, ...pod }: PodRow): string =>
  JSON.stringify(Object.entries(pod).sort())

export const samePods = (seen: readonly PodRow[], stored: readonly PodRow[]): boolean => {
  const known = new Map(stored.map((pod) => [pod.id, podDigest(pod)]))
  return seen.length === stored.length && seen.every((pod) => known.get(pod.id) === podDigest(pod))
}

/** The volumes with what is to be remembered: the UID of a claim once it is bound, and that one is lost. */
export function boundVolumes(
  volumes: readonly VolumeRow[],
  observed: ReadonlyMap<string, ObservedObject>,
  lostClaims: readonly string[],
  now: Date,
): VolumeRow[] {
  return volumes.map((volume) => {
    if (lostClaims.includes(volume.claimName)) return { ...volume, lostAt: volume.lostAt ?? now.toISOString() }
    const seen = observed.get(`PersistentVolumeClaim/${volume.claimName}`)
    if (seen?.claim?.phase !== 'Bound' || volume.claimUid !== null) return volume
    return { ...volume, claimUid: seen.uid, persistentVolume: seen.claim.volumeName ?? null }
  })
}

export const changedVolumes = (after: readonly VolumeRow[], before: readonly VolumeRow[]): VolumeRow[] =>
  after.filter((volume, index) => volume !== before[index])

/**
 * The ways in as they are applied now: an operator may have given the cluster another domain or a certificate issuer
 * since the order. A state that was reached stays where host and scheme do.
 */
export function endpointRows(wanted: readonly EndpointView[], stored: readonly EndpointRow[]): EndpointRow[] {
  const known = new Map(stored.map((endpoint) => [endpoint.name, endpoint]))
  return wanted.map(({ path: _path, tls, ...view }): EndpointRow => {
    const before = known.get(view.name)
    const isSame = before !== undefined && before.host === view.host && (before.tls !== 'NONE') === tls
    return { ...view, tls: isSame ? before.tls : tlsStateOf(tls) }
  })
}

/** Of one that was just asked for. */
export const tlsStateOf = (tls: boolean): EndpointRow['tls'] => (tls ? 'PENDING' : 'NONE')

const endpointDigest = (endpoint: EndpointRow): string => JSON.stringify(Object.entries(endpoint).sort())

export const sameEndpoints = (wanted: readonly EndpointRow[], stored: readonly EndpointRow[]): boolean => {
  const known = new Set(stored.map(endpointDigest))
  return wanted.length === stored.length && wanted.every((endpoint) => known.has(endpointDigest(endpoint)))
}
