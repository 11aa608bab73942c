import type { Database } from '../../db/database.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import type { Lease } from '../../reconcile/leases.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'
import { namespaceOf } from '../../workload/manifests/names.ts'
import { endpointsOf } from '../../workload/manifests/index.ts'
import { apiVersionOf, type ClusterService, type ObservedObject } from '../clusters/service.ts'
import { applyObjects } from './apply.ts'
import { drifted, isApplied, keyOf, unwanted, type Applied } from './applied.ts'
import { inOrder, observeComponents } from './components.ts'
import {
  applyRefused,
  clusterUnreachable,
  identityChanged,
  isComponentReady,
  volumeLost,
  type Cause,
  type Component,
} from './conditions.ts'
import { loadDesired, type DesiredRow } from './desired.ts'
import { explainRefusal, withLastLines } from './diagnosis.ts'
import { removeEverything } from './ending.ts'
import { recountQuotas } from './quota.ts'
import { report, type Finding } from './report.ts'
import { manifestInput, wantedObjects } from './wanted.ts'

/**
 * One pass: drive one subscription towards its row, then write what is seen. It is woken by a change of the row, by a
 * change in the cluster and by time, and does the same each time.
 */
export type PassDependencies = {
  database: Database
  clusters: ClusterService
  secretBox: SecretBox
  clock: Clock
  specOf(revisionId: string): Promise<WorkloadSpec>
  /** A resync found this many objects changed that no event had told of. */
  onMissedDrift(objects: number): void
}

export type PassContext = {
  lease: Lease
  applied: Applied
  /** Apply everything although nothing seems to have drifted: the pass was asked for by time. */
  resync: boolean
  /** Throws where this process may no longer write. */
  assertStillOurs(): void
}

export type PassResult = { gone: boolean; againAfterMilliseconds?: number }

/** A pass that still waits for something looks again by itself, should the watch have missed it. */
const waitingMilliseconds = 10_000
const endingMilliseconds = 2_000
const nothingFound: Omit<Finding, 'observing'> = {
  applied: false,
  causes: [],
  components: [],
  observed: new Map(),
  pods: [],
  lostClaims: [],
  absent: false,
}

export async function reconcileSubscription(
  dependencies: PassDependencies,
  subscriptionId: string,
  context: PassContext,
): Promise<PassResult> {
  const { database, clusters, clock } = dependencies
  const row = await loadDesired(database, subscriptionId)
  if (!row || row.entitlement === 'TERMINATED') return { gone: true }
  const tell = (cause: Cause) =>
    report(database, clock, context.lease, row, { ...nothingFound, observing: false, causes: [cause] })

  const problem = clusters.identityProblem(row.clusterId)
  if (problem !== undefined) {
    await tell(identityChanged(problem))
    return { gone: false, againAfterMilliseconds: waitingMilliseconds }
  }
  try {
    return row.purgeRequestedAt ? await end(dependencies, context, row) : await drive(dependencies, context, row)
  } catch (error) {
    // Away is a state and no failure: it is told once, and the queue comes again.
    if (isAway(error)) await tell(clusterUnreachable)
    throw error
  }
}

const isAway = (error: unknown): boolean =>
  isKubeError(error) && (error.kind === 'unreachable' || error.kind === 'timeout')

async function drive(dependencies: PassDependencies, context: PassContext, row: DesiredRow): Promise<PassResult> {
  const { database, clusters, clock, secretBox } = dependencies
  const { applied, resync } = context
  const client = clusters.client(row.clusterId)
  const view = clusters.view(row.clusterId)
  const spec = await dependencies.specOf(row.revisionId)
  const input = manifestInput(row, spec, secretBox, await clusters.installationId())
  const wanted = wantedObjects(row, input)
  const before = view.objects(row.id)
  // Somebody with a newer row was here: what we read is old, and the next pass reads it again.
  if (newestGeneration(before, row.id) > row.generation) return { gone: false, againAfterMilliseconds: 100 }

  const { due, waiting } = inOrder(spec, wanted, observeComponents(wanted, before, applied), before)
  const known = isApplied(applied, due)
  const told = drifted(applied, before, due)
  const objects = resync ? due : told
  const result = await applyObjects(objects, { client, applied, assertStillOurs: context.assertStillOurs })
  const complete = result.refusals.length === 0 && result.lostClaims.length === 0
  await recountQuotas(client, wanted, result, applied)
  const missed = result.changed.filter((key) => !told.some((object) => keyOf(object) === key))
  if (known && missed.length > 0) dependencies.onMissedDrift(missed.length)
  if (view.observing()) {
    const surplus = unwanted(before, wanted)
    // What is refused may be the successor of what is surplus; a policy that opens the doors waits for nothing.
    await prune(client, context, complete ? surplus : surplus.filter(isForeignPolicy))
  }

  const observed = view.objects(row.id)
  const components = await withLastLines(client, namespaceOf(row.id), observeComponents(wanted, observed, applied), row)
  const finding: Finding = {
    ...nothingFound,
    applied: complete && waiting === 0,
    causes: [
      ...causesOf(row, result, components),
      ...(await explainRefusal(client, row, components, clock.systemNow())),
    ],
    components,
    pods: podsOf(observed, components),
    observed,
    lostClaims: result.lostClaims,
    ...(complete && { endpoints: endpointsOf(input) }),
    observing: view.observing(),
  }
  const { stored, settled } = await report(database, clock, context.lease, row, finding)
  if (result.refusals.length > 0)
    throw new Error(result.refusals.map(({ object, why }) => `${object}: ${why}`).join('; '))
  if (!stored || result.lostClaims.length > 0) return { gone: false, againAfterMilliseconds: 50 }
  return { gone: false, ...(!settled && { againAfterMilliseconds: waitingMilliseconds }) }
}

/** Every pod of the namespace; those of a component with what the diagnosis added to them. */
function podsOf(observed: ReadonlyMap<string, ObservedObject>, components: readonly Component[]): ObservedObject[] {
  const diagnosed = new Map(components.flatMap(({ pods }) => pods.map((pod) => [pod.uid, pod] as const)))
  return [...observed.values()].filter(({ pod }) => pod !== undefined).map((pod) => diagnosed.get(pod.uid) ?? pod)
}

const newestGeneration = (observed: ReadonlyMap<string, ObservedObject>, subscriptionId: string): number =>
  observed.get(`Namespace/${namespaceOf(subscriptionId)}`)?.berthGeneration ?? 0

function causesOf(
  row: DesiredRow,
  { lostClaims, refusals }: Awaited<ReturnType<typeof applyObjects>>,
  components: readonly Component[],
): Cause[] {
  const lost = row.volumes.filter(({ lostAt, claimName }) => lostAt !== null || lostClaims.includes(claimName))
  return [
    ...(lost.length > 0 ? [volumeLost(lost.map(({ name }) => name))] : []),
    ...refusals.map(({ object, why }) => applyRefused(object, why)),
    // Nobody sees how far it is. What ran when it was last seen is taken to run on.
    ...(row.clusterUnreachable && !components.every(isComponentReady) ? [clusterUnreachable] : []),
  ]
}

const isForeignPolicy = ({ kind, managed }: ObservedObject): boolean => kind === 'NetworkPolicy' && !managed

async function prune(
  client: KubeClient,
  { assertStillOurs }: PassContext,
  objects: readonly ObservedObject[],
): Promise<void> {
  for (const { kind, name, namespace, uid } of objects) {
    assertStillOurs()
    await client.delete(
      { apiVersion: apiVersionOf(kind), kind, name, ...(namespace !== undefined && { namespace }) },
      { uid, propagation: 'Background' },
    )
  }
}

async function end(dependencies: PassDependencies, context: PassContext, row: DesiredRow): Promise<PassResult> {
  const { database, clusters, clock } = dependencies
  const view = clusters.view(row.clusterId)
  context.assertStillOurs()
  const { absent, causes } = await removeEverything(clusters.client(row.clusterId), view, row)
  const observed = absent ? nothingFound.observed : view.objects(row.id)
  const { stored } = await report(database, clock, context.lease, row, {
    ...nothingFound,
    applied: true,
    absent,
    causes,
    observed,
    observing: view.observing(),
  })
  return absent && stored ? { gone: true } : { gone: false, againAfterMilliseconds: endingMilliseconds }
}
