import type { Database } from '../db/database.ts'
import type { Entitlement } from '../db/generated/enums.ts'
import { newId } from '../lib/ids.ts'
import type { WorkloadSpec } from '../workload/spec.ts'

/** The rows of a subscription that nothing drives: for tests of who may see and ask what. */

export type SubscriptionRow = {
  subscriptionId: string
  operationId: string
  name: string
  serviceSlug: string
  serviceId: string
  planId: string
  categoryId: string
}

const spec: WorkloadSpec = {
  format: 1,
  services: [
    {
      name: 'web',
      aliases: [],
      kind: 'stateless',
      image: 'registry.example/web:1',
      environment: [],
      ports: [],
      mounts: [],
      files: [],
      tmpfs: [],
      healthcheckDisabled: true,
      dependsOn: [],
      groups: [],
      readOnly: false,
      noNewPrivileges: true,
      capabilities: { add: [], drop: [] },
      sysctls: [],
      hosts: [],
      weights: { cpu: 1, memory: 1 },
      replicas: 1,
      clustered: false,
    },
  ],
  volumes: [],
  secrets: [],
  parameters: [],
  expose: [],
  connection: [],
  isolation: 'restricted',
  architectures: [],
  actions: [],
}

export async function insertSubscription(
  { prisma }: Database,
  { organizationId, userId }: { organizationId: string; userId: string },
  entitlement: Entitlement = 'ACTIVE',
): Promise<SubscriptionRow> {
  const [categoryId, serviceId, revisionId, planId, planVersionId, clusterId, subscriptionId, operationId] = [
    newId(),
    newId(),
    newId(),
    newId(),
    newId(),
    newId(),
    newId(),
    newId(),
  ]
  const serviceSlug = `s-${serviceId}`
  const [name, sizes] = ['mine', { cpuMillicores: 100, memoryBytes: 1n << 26n, storageBytes: 0n }]
  await prisma.category.create({ data: { id: categoryId, slug: `c-${categoryId}`, name: 'Category' } })
  await prisma.service.create({
    data: { id: serviceId, slug: serviceSlug, categoryId, name: 'Service' },
  })
  await prisma.serviceRevision.create({
    data: { id: revisionId, serviceId, number: 1, source: '', sourceSha256: '0'.repeat(64), spec: { ...spec } },
  })
  await prisma.plan.create({ data: { id: planId, serviceId, slug: 'small', name: 'Small' } })
  await prisma.planVersion.create({
    data: { id: planVersionId, planId, number: 1, priceMinorUnits: 100n, currency: 'EUR', ...sizes },
  })
  await prisma.plan.update({ where: { id: planId }, data: { currentVersionId: planVersionId } })
  await prisma.service.update({
    where: { id: serviceId },
    data: { currentRevisionId: revisionId, status: 'PUBLISHED' },
  })
  await prisma.cluster.create({ data: { id: clusterId, name: `k-${clusterId}` } })
  const canceled = entitlement === 'CANCELED' && {
    previousEntitlement: 'ACTIVE' as const,
    canceledAt: new Date(),
    retainUntil: new Date(Date.now() + 86_400_000),
  }
  await prisma.subscription.create({
    data: {
      id: subscriptionId,
      organizationId,
      clusterId,
      serviceId,
      revisionId,
      planVersionId,
      name,
      entitlement,
      firstReadyAt: new Date(),
      createdById: userId,
      ...canceled,
    },
  })
  await prisma.operation.create({
    data: {
      id: operationId,
      kind: 'PROVISION',
      state: 'SUCCEEDED',
      subscriptionId,
      organizationId,
      clusterId,
      generation: 1,
      finishedAt: new Date(),
    },
  })
  return { subscriptionId, operationId, name, serviceSlug, serviceId, planId, categoryId }
}
