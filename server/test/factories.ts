import { createHash } from 'node:crypto'
import type { Db, Prisma, Tx } from '../db/database.ts'
import type {
  Cluster,
  Organization,
  Plan,
  PlanVersion,
  Service,
  ServiceRevision,
  Subscription,
  User,
} from '../db/generated/client.ts'
import { newId } from '../lib/ids.ts'
import { parseTemplate } from '../workload/compose/parse.ts'

/** Real rows with values that do; whatever a test is about, it says itself. Everything gets a name of its own. */

/** A customer with the personal organization that registering makes. */
export async function makeUser(
  db: Db | Tx,
  given: Partial<Prisma.UserUncheckedCreateInput> = {},
): Promise<{ user: User; organization: Organization }> {
  const id = given.id ?? newId()
  const user = await db.user.create({
    data: { id, email: `user-${id}@example.test`, name: 'A customer', passwordHash: 'matches no password', ...given },
  })
  return { user, organization: await makeOrganization(db, user.id) }
}

const makeOrganization = (
  db: Db | Tx,
  ownerId: string,
  given: Partial<Prisma.OrganizationUncheckedCreateInput> = {},
): Promise<Organization> =>
  db.organization.create({
    data: {
      id: newId(),
      name: 'An organization',
      memberships: { create: { userId: ownerId, role: 'OWNER' } },
      ...given,
    },
  })

export const makeCluster = (db: Db | Tx, given: Partial<Prisma.ClusterUncheckedCreateInput> = {}): Promise<Cluster> => {
  const id = given.id ?? newId()
  return db.cluster.create({ data: { id, name: `cluster-${id}`, simulated: true, ...given } })
}

export type MadeService = { service: Service; revision: ServiceRevision; plan: Plan; planVersion: PlanVersion }
type ServiceParts = {
  /** A Compose document. */
  template?: string
  service?: Partial<Prisma.ServiceUncheckedCreateInput>
  planVersion?: Partial<Prisma.PlanVersionUncheckedCreateInput>
}

const smallTemplate = `
services:
  web:
    image: traefik/whoami:v1.10.3
    ports: ['80']
`

/** A published service with one revision and one plan. */
export async function makeService(db: Db | Tx, parts: ServiceParts = {}): Promise<MadeService> {
  const { template: source = smallTemplate } = parts
  const parsed = parseTemplate(source)
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join(' '))
  const [serviceId, revisionId, planId, planVersionId] = [newId(), newId(), newId(), newId()]
  const category = { id: newId(), slug: 'test', name: 'Test' }
  const { id: categoryId } = await db.category.upsert({ where: { slug: 'test' }, create: category, update: {} })
  const slug = `service-${serviceId}`
  await db.service.create({ data: { id: serviceId, slug, categoryId, name: 'A service' } })
  const sourceSha256 = createHash('sha256').update(source).digest('hex')
  const revision = await db.serviceRevision.create({
    data: { id: revisionId, serviceId, number: 1, source, sourceSha256, spec: { ...parsed.spec } },
  })
  await db.plan.create({ data: { id: planId, serviceId, slug: 'small', name: 'Small' } })
  const planVersion = await db.planVersion.create({
    data: {
      id: planVersionId,
      planId,
      number: 1,
      priceMinorUnits: 900n,
      currency: 'EUR',
      cpuMillicores: 100,
      memoryBytes: 128n * 2n ** 20n,
      storageBytes: 0n,
      ...parts.planVersion,
    },
  })
  const plan = await db.plan.update({ where: { id: planId }, data: { currentVersionId: planVersionId } })
  const service = await db.service.update({
    where: { id: serviceId },
    data: { status: 'PUBLISHED', currentRevisionId: revisionId, ...parts.service },
  })
  return { service, revision, plan, planVersion }
}

type SubscriptionParts = {
  organization: Pick<Organization, 'id'>
  user: Pick<User, 'id'>
  made: MadeService
  cluster: Pick<Cluster, 'id'>
  given?: Partial<Prisma.SubscriptionUncheckedCreateInput>
}

/** A subscription (PENDING where not said otherwise) with its reservation. */
export async function makeSubscription(db: Db | Tx, parts: SubscriptionParts): Promise<Subscription> {
  const { organization, user, made, cluster, given } = parts
  const id = given?.id ?? newId()
  const owner = { organizationId: organization.id, clusterId: cluster.id }
  const subscription = await db.subscription.create({
    data: {
      id,
      ...owner,
      serviceId: made.service.id,
      revisionId: made.revision.id,
      planVersionId: made.planVersion.id,
      name: `s-${id}`,
      createdById: user.id,
      ...given,
    },
  })
  const { cpuMillicores, memoryBytes, storageBytes } = made.planVersion
  await db.reservation.create({ data: { subscriptionId: id, ...owner, cpuMillicores, memoryBytes, storageBytes } })
  return subscription
}
