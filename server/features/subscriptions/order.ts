import { randomBytes } from 'node:crypto'
import type { Operation } from '../../db/generated/client.ts'
import { constraintOf, type Tx } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import type { JobQueue } from '../../jobs/job.ts'
import type { Clock } from '../../lib/clock.ts'
import { conflict, unauthenticated, unavailable } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import { claimsOf, endpointsOf, type ManifestInput } from '../../workload/manifests/index.ts'
import { generateSecrets } from '../../workload/secrets.ts'
import { recordAudit } from '../audit/service.ts'
import type { CatalogService, Orderable } from '../catalog/service.ts'
import type { OperationService } from '../operations/service.ts'
import type { Organizations } from '../organizations/service.ts'
import type { WorkerService } from '../workers/service.ts'
import { checkParameters } from './parameters.ts'
import { reserve } from './reservations.ts'
import { writeEvent } from './event-store.ts'
import { subscriptionChanged } from './events.ts'
import { tlsStateOf } from './observed-rows.ts'
import { reconcileJob } from './jobs.ts'
import { secretPlace } from './wanted.ts'

/**
 * An order, in the transaction of its request: the row, the reservation, the secrets, what will be reachable and what
 * will be stored, the operation, the audit entry, the event and the job. All of it or nothing.
 */
export type Order = {
  service: string
  plan: string
  name: string
  parameters?: Record<string, string | number | boolean> | undefined
}

export type OrderDependencies = {
  catalog: CatalogService
  workers: WorkerService
  operations: OperationService
  organizations: Pick<Organizations, 'assertWithinLimits'>
  jobs: JobQueue
  secretBox: SecretBox
  clock: Clock
}

/** How long a first start may take before it counts as failed; it is then still driven on. */
const provisionMilliseconds = 15 * 60_000

export async function placeOrder(
  dependencies: OrderDependencies,
  tx: Tx,
  caller: Caller,
  order: Order,
): Promise<Operation> {
  const { catalog, workers, operations, organizations, jobs, secretBox, clock } = dependencies
  const orderable = await catalog.orderable(tx, caller, order.service, order.plan)
  const parameters = checkParameters(orderable.spec, order.parameters ?? {})
  const id = newId()
  const { organizationId } = caller
  const cluster = await chooseCluster(tx)
  const clusterId = cluster.id
  await insertRow(tx, caller, order, orderable, { id, clusterId, parameters })
  const secrets = generateSecrets(orderable.spec, randomBytes)
  const input = inputOf(order, orderable, { id, organizationId, parameters, secrets }, cluster)
  await insertParts(tx, input, { organizationId, clusterId })
  await tx.generatedSecret.createMany({
    data: Object.entries(secrets).map(([name, value]) => ({
      subscriptionId: id,
      name,
      valueEncrypted: secretBox.seal(value, secretPlace(id, name)),
    })),
  })
  const operation = await operations.begin(tx, {
    kind: 'PROVISION',
    subscriptionId: id,
    organizationId,
    clusterId,
    generation: 1,
    requestedById: caller.userId,
    deadlineAt: new Date(clock.systemNow().getTime() + provisionMilliseconds),
  })
  await recordAudit(tx, {
    actorId: caller.userId,
    organizationId,
    action: 'subscription.create',
    targetType: 'subscription',
    targetId: id,
    after: { name: order.name, service: order.service, plan: order.plan },
    origin: caller,
  })
  const fresh = {
    id,
    name: order.name,
    entitlement: 'PENDING',
    generation: 1,
    observedGeneration: 0,
    conditions: [],
    purgeRequestedAt: null,
  } as const
  await writeEvent(
    tx,
    { organizationId, clusterId, subscriptionId: id },
    subscriptionChanged({ ...fresh, conditions: [] }, 'PENDING'),
  )
  await jobs.enqueue(tx, reconcileJob, { subscriptionId: id })
  const { cpuMillicores, memoryBytes, storageBytes } = orderable.planVersion
  await organizations.assertWithinLimits(tx, organizationId, { cpuMillicores, memoryBytes, storageBytes })
  // Last, because orders of one cluster stand in line from here to the commit.
  await reserve(
    tx,
    workers,
    { subscriptionId: id, clusterId, organizationId },
    { cpuMillicores, memoryBytes, storageBytes },
  )
  return operation
}

/** One cluster at first; the oldest one that is known. */
async function chooseCluster(tx: Tx) {
  const cluster = await tx.cluster.findFirst({ orderBy: { createdAt: 'asc' } })
  if (!cluster) throw unavailable('NO_CLUSTER', 'No cluster is connected yet.')
  return cluster
}
type Cluster = Awaited<ReturnType<typeof chooseCluster>>

async function insertRow(
  tx: Tx,
  caller: Caller,
  order: Order,
  { service, planVersion, revision }: Orderable,
  { id, clusterId, parameters }: { id: string; clusterId: string; parameters: Readonly<Record<string, string>> },
): Promise<void> {
  try {
    await tx.subscription.create({
      data: {
        id,
        organizationId: caller.organizationId,
        clusterId,
        serviceId: service.id,
        revisionId: revision.id,
        planVersionId: planVersion.id,
        name: order.name,
        parameters: { ...parameters },
        createdById: caller.userId,
      },
    })
  } catch (error) {
    const constraint = constraintOf(error)
    // The account was deactivated or deleted since the request was let in.
    if (constraint === ordererConstraint)
      throw unauthenticated('SESSION_ENDED', 'This sign-in has ended: log in again.', { cause: error })
    if (constraint !== nameConstraint) throw error
    throw conflict('NAME_TAKEN', `The organization has a subscription named "${order.name}" already.`, {
      fields: [{ pointer: '/name', detail: 'is taken' }],
    })
  }
}

/** Unique per organization while the subscription lives. */
const nameConstraint = 'subscriptions_organization_id_name_key'
const ordererConstraint = 'subscriptions_orderer_active'

const inputOf = (
  order: Order,
  { service, plan, planVersion, revision, spec }: Orderable,
  {
    id,
    organizationId,
    parameters,
    secrets,
  }: {
    id: string
    organizationId: string
    parameters: Readonly<Record<string, string>>
    secrets: Record<string, string>
  },
  { baseDomain, ingressClass, storageClass, certificateIssuer, blockedCidrs }: Cluster,
): ManifestInput => ({
  spec,
  plan: {
    cpuMillicores: planVersion.cpuMillicores,
    memoryBytes: Number(planVersion.memoryBytes),
    storageBytes: Number(planVersion.storageBytes),
    replicas: planVersion.replicas,
  },
  subscription: {
    id,
    name: order.name,
    organizationId,
    serviceId: service.id,
    serviceSlug: service.slug,
    planId: plan.id,
    planSlug: plan.slug,
    revisionId: revision.id,
    generation: 1,
    parameters,
  },
  secrets,
  installationId: '',
  cluster: { baseDomain, ingressClass, storageClass, certificateIssuer, blockedCidrs },
  running: true,
})

/** A row for each way in and each claim that has none yet. */
export async function insertParts(
  tx: Tx,
  input: ManifestInput,
  { organizationId, clusterId }: { organizationId: string; clusterId: string },
): Promise<void> {
  const owner = { subscriptionId: input.subscription.id, organizationId, clusterId }
  await tx.endpoint.createMany({
    data: endpointsOf(input).map(({ name, kind, scope, host, port, targetService, targetPort, tls }) => ({
      id: newId(),
      ...owner,
      name,
      kind,
      scope,
      host,
      port,
      targetService,
      targetPort,
      tls: tlsStateOf(tls),
    })),
    skipDuplicates: true,
  })
  await tx.volume.createMany({
    data: claimsOf(input).map(({ claimName, storageClass, sizeBytes }) => ({
      id: newId(),
      ...owner,
      name: claimName,
      claimName,
      storageClass: storageClass ?? null,
      sizeBytes: BigInt(sizeBytes),
    })),
    skipDuplicates: true,
  })
}
