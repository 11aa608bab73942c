import type { Isolation, ServiceSpec } from '../spec.ts'

/**
 * Volumes of images whose user nobody knows are made writable to this group, which every process of the pod is in:
 * Docker copies an image's folder with its owner into a new volume, Kubernetes mounts an empty one of root's.
 */
const groupOfUnknownUsers = 1000

/** The pod's half of the Pod Security profile; complete, so that no admission default is relied on. */
export function podSecurityContext(service: ServiceSpec, isolation: Isolation): Record<string, unknown> {
  const { user, groups, sysctls } = service
  const group = user && (user.gid ?? user.uid)
  const ownGroup = user === undefined ? groupOfUnknownUsers : group
  const writes = service.mounts.length > 0
  return {
    ...(isolation === 'restricted' && { runAsNonRoot: true }),
    ...(user && { runAsUser: user.uid }),
    ...(group !== undefined && { runAsGroup: group }),
    ...((isolation === 'restricted' || writes) &&
      ownGroup !== undefined &&
      ownGroup !== 0 && { fsGroup: ownGroup, fsGroupChangePolicy: 'OnRootMismatch' }),
    ...(groups.length > 0 && { supplementalGroups: groups }),
    ...(sysctls.length > 0 && { sysctls }),
    seccompProfile: { type: 'RuntimeDefault' },
  }
}

/** The container's half. `baseline` keeps what Docker would have given, so that images made for it start. */
export function containerSecurityContext(service: ServiceSpec, isolation: Isolation): Record<string, unknown> {
  const { add, drop } = service.capabilities
  const isRestricted = isolation === 'restricted'
  const dropped = isRestricted ? ['ALL'] : drop
  const capabilities = { ...(add.length > 0 && { add }), ...(dropped.length > 0 && { drop: dropped }) }
  return {
    ...((isRestricted || service.noNewPrivileges) && { allowPrivilegeEscalation: false }),
    ...(Object.keys(capabilities).length > 0 && { capabilities }),
    ...(isRestricted && { runAsNonRoot: true }),
    privileged: false,
    readOnlyRootFilesystem: service.readOnly,
  }
}
