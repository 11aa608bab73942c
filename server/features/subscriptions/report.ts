import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import type { Lease } from '../../reconcile/leases.ts'
import type { EndpointView } from '../../workload/manifests/index.ts'
import type { ObservedObject } from '../clusters/service.ts'
import { assess, type Assessment, type Cause, type Component } from './conditions.ts'
import type { DesiredRow, VolumeRow } from './desired.ts'
import { writeObservation, type Observation } from './observation.ts'
import { boundVolumes, changedVolumes, endpointRows, podRows, sameEndpoints, samePods } from './observed-rows.ts'
import { progressOf } from './progress.ts'
import { shouldRun, transition, type EntitlementChange } from './state.ts'
import { operationChanged, podsChanged, subscriptionChanged } from './events.ts'

/** What a pass found out, before it is compared with what is stored. */
export type Finding = {
  /** Every object of this generation is in the cluster. */
  applied: boolean
  causes: readonly Cause[]
  components: readonly Component[]
  observed: ReadonlyMap<string, ObservedObject>
  pods: readonly ObservedObject[]
  lostClaims: readonly string[]
  /** The ways in that were applied; undefined where nothing was. */
  endpoints?: readonly EndpointView[]
  /** Proven to be gone, volumes and all. */
  absent: boolean
  /** Whether this process sees the cluster: another one that only applies must not conclude that nothing runs. */
  observing: boolean
}

export type Report = { stored: boolean; settled: boolean }

/** Writes a finding where it differs from what is stored, with the events that tell of it. */
export async function report(
  database: Database,
  clock: Clock,
  lease: Lease,
  row: DesiredRow,
  finding: Finding,
): Promise<Report> {
  const now = clock.systemNow()
  const volumes = boundVolumes(row.volumes, finding.observed, finding.lostClaims, now)
  const assessment = assessRow(row, finding, volumes, now)
  const observation = compose(row, finding, assessment, volumes, clock)
  if (!observation) return { stored: true, settled: assessment.settled }
  return { stored: await writeObservation(database, lease, observation), settled: assessment.settled }
}

const assessRow = (
  row: DesiredRow,
  { applied, causes, components }: Finding,
  volumes: readonly VolumeRow[],
  now: Date,
): Assessment =>
  assess(
    {
      wanted: shouldRun(row),
      running: shouldRun(row) && volumes.every(({ lostAt }) => lostAt === null),
      ending: row.purgeRequestedAt !== null,
      applied,
      components,
      causes,
      now,
    },
    row.conditions,
  )

function compose(
  row: DesiredRow,
  finding: Finding,
  assessment: Assessment,
  volumes: readonly VolumeRow[],
  clock: Clock,
): Observation | undefined {
  const { absent, observing } = finding
  const now = clock.systemNow()
  const concluded = observing || absent || finding.causes.length > 0
  const conditions = concluded ? assessment.conditions : row.conditions
  const observedGeneration =
    finding.applied && (row.purgeRequestedAt === null || absent) ? row.generation : row.observedGeneration
  const pods = observing || absent ? podRows(finding.pods) : row.pods
  const firstReady = observing && assessment.ready && row.entitlement === 'PENDING'
  const event = absent ? 'absenceConfirmed' : firstReady ? 'firstReady' : undefined
  const entitlement = event && transition(row, event, contextOf(row, clock))
  const operation = concluded ? progressOf(row, assessment, absent, now) : undefined
  const movedVolumes = changedVolumes(volumes, row.volumes)

  const endpoints = finding.endpoints && endpointRows(finding.endpoints, row.endpoints)

  const podsMoved = !samePods(pods, row.pods)
  const endpointsMoved = endpoints !== undefined && !sameEndpoints(endpoints, row.endpoints)
  const rowMoved =
    endpointsMoved ||
    entitlement !== undefined ||
    observedGeneration !== row.observedGeneration ||
    !sameConditions(conditions, row.conditions)
  if (!podsMoved && !rowMoved && !operation && movedVolumes.length === 0) return undefined

  const after = {
    ...row,
    conditions,
    observedGeneration,
    entitlement: entitlement?.entitlement ?? row.entitlement,
    terminatedAt: entitlement?.terminatedAt ?? null,
  }
  const events = [
    ...(rowMoved || operation ? [subscriptionChanged(after, operation?.state ?? row.operation?.state)] : []),
    ...(operation ? [operationChanged(row, operation)] : []),
    ...(podsMoved ? [podsChanged(row, pods)] : []),
  ]
  return {
    subscriptionId: row.id,
    organizationId: row.organizationId,
    clusterId: row.clusterId,
    generation: row.generation,
    observedGeneration,
    conditions,
    ...(entitlement && { entitlement, audit: auditOf(row, entitlement) }),
    firstReady,
    ...(podsMoved && { pods }),
    ...(movedVolumes.length > 0 && { volumes: movedVolumes }),
    ...(endpointsMoved && { endpoints }),
    ...(operation && { operation }),
    events: events.map((told) => ({ id: newId(), ...told })),
  }
}

const auditOf = ({ entitlement: before }: DesiredRow, { entitlement: after }: EntitlementChange) => ({
  id: newId(),
  action: after === 'TERMINATED' ? 'subscription.end' : 'subscription.begin',
  before: { entitlement: before },
  after: { entitlement: after },
})

const contextOf = (row: DesiredRow, clock: Clock) => ({
  businessNow: clock.businessNow(),
  systemNow: clock.systemNow(),
  retentionDays: row.retentionDays,
  trialDays: row.plan.trialDays,
  openHold: row.openHold,
})

const sameConditions = (one: DesiredRow['conditions'], other: DesiredRow['conditions']): boolean =>
  one.length === other.length &&
  one.every((condition, index) => {
    const stored = other[index]
    return (
      stored?.type === condition.type &&
      stored.status === condition.status &&
      stored.reason === condition.reason &&
      stored.message === condition.message
    )
  })
