import { claimsOf, type ClaimView, type ManifestInput } from '../manifests/index.ts'
import type { ServiceSpec } from '../spec.ts'
import type { UpgradeRefusal } from './plan-upgrade.ts'

type ExistingClaims = NonNullable<ManifestInput['existingClaims']>
type Findings = { refusals: UpgradeRefusal[]; notes: string[]; existingClaims: ExistingClaims }

/** What would become of the data: a claim is never deleted, made smaller or put into another class by an update. */
export function volumeFindings(previous: ManifestInput, next: ManifestInput): Findings {
  const before = claimsOf(previous)
  const existingClaims = { ...asExisting(before), ...previous.existingClaims, ...next.existingClaims }
  // As if there were none yet: the size that the next state would like each to have.
  const wished = claimsOf({ ...next, existingClaims: {} })
  const byName = new Map(wished.map((claim) => [claim.claimName, claim]))
  const isLess = next.plan.storageBytes < previous.plan.storageBytes
  const findings: Findings = { refusals: [], notes: [], existingClaims }
  for (const claim of before) {
    const wish = byName.get(claim.claimName)
    const existing = existingClaims[claim.claimName]
    const sizeBytes = existing?.sizeBytes ?? claim.sizeBytes
    if (!wish) findings.refusals.push(goneRefusal(claim, before, previous, next))
    else if (wish.sizeBytes < sizeBytes && isLess) findings.refusals.push(shrunk(claim, sizeBytes, wish.sizeBytes))
    else if (wish.sizeBytes < sizeBytes)
      findings.notes.push(`The volume ${claim.claimName} keeps its ${sizeBytes} bytes: a volume cannot shrink.`)
    else if (wish.sizeBytes > sizeBytes && existing?.expandable === false)
      findings.refusals.push(cannotGrow(claim, sizeBytes, wish.sizeBytes))
  }
  return findings
}

const asExisting = (claims: readonly ClaimView[]): ExistingClaims =>
  Object.fromEntries(
    claims.map(({ claimName, sizeBytes, storageClass }) => [
      claimName,
      { sizeBytes, storageClass: storageClass ?? null },
    ]),
  )

function goneRefusal(
  claim: ClaimView,
  before: readonly ClaimView[],
  previous: ManifestInput,
  next: ManifestInput,
): UpgradeRefusal {
  const { volume, claimName } = claim
  const isStillThere = next.spec.volumes.some(({ name }) => name === volume)
  if (isStillThere) {
    const copies = before.filter((other) => other.volume === volume).length
    return {
      code: 'COPIES_REMOVED',
      subject: claimName,
      reason: `There are ${copies} copies with a volume each, and fewer are to run: the data of ${claimName} would be left behind.`,
      wayOut: 'Keep the number of copies, or take the copy out of its cluster and give up its data first.',
    }
  }
  const successor = successorOf(volume, previous, next)
  if (successor !== undefined) {
    return {
      code: 'VOLUME_RENAMED',
      subject: volume,
      reason: `Where the volume ${volume} is mounted now, ${successor} would be, and it starts out empty.`,
      wayOut: `Call the volume ${volume} in the next revision too.`,
    }
  }
  return {
    code: 'VOLUME_REMOVED',
    subject: volume,
    reason: `Nothing would mount the volume ${volume} any more, and its data would be left behind.`,
    wayOut: 'Keep the volume in the next revision, mounted by the service that knows what to do with it.',
  }
}

/** The new volume in the place of an old one: same service and path, or, where the service is gone, same path. */
function successorOf(volume: string, previous: ManifestInput, next: ManifestInput): string | undefined {
  const known = new Set(previous.spec.volumes.map(({ name }) => name))
  const places = previous.spec.services.flatMap((service) =>
    service.mounts.filter((mount) => mount.volume === volume).map(({ path }) => ({ service: service.name, path })),
  )
  const at = (services: readonly ServiceSpec[], path: string): string | undefined =>
    services.flatMap(({ mounts }) => mounts).find((mount) => mount.path === path && !known.has(mount.volume))?.volume
  for (const { service, path } of places) {
    const same = next.spec.services.filter(({ name }) => name === service)
    const found = at(same.length > 0 ? same : next.spec.services, path)
    if (found !== undefined) return found
  }
  return undefined
}

const shrunk = ({ claimName, volume }: ClaimView, has: number, wanted: number): UpgradeRefusal => ({
  code: 'VOLUME_SHRUNK',
  subject: volume,
  reason: `The volume ${claimName} has ${has} bytes and would get ${wanted}: a volume cannot shrink.`,
  wayOut: 'Choose a plan with at least as much storage, or order anew and move the data.',
})

const cannotGrow = ({ claimName, volume }: ClaimView, has: number, wanted: number): UpgradeRefusal => ({
  code: 'VOLUME_CANNOT_GROW',
  subject: volume,
  reason: `The volume ${claimName} has ${has} bytes and would get ${wanted}, and its storage class cannot make volumes larger.`,
  wayOut: 'Choose a plan with as much storage as now, or a storage class that expands for new orders.',
})
