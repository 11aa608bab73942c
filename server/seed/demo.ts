import { randomBytes, randomUUID } from 'node:crypto'
import type { Database, Tx } from '../db/database.ts'
import { createAccounts } from '../features/accounts/service.ts'
import { recordAudit } from '../features/audit/service.ts'
import { hashPassword } from '../features/auth/passwords.ts'
import { createCatalogService } from '../features/catalog/service.ts'
import { createOperationService } from '../features/operations/service.ts'
import { createOrganizations } from '../features/organizations/service.ts'
import { createSubscriptionService } from '../features/subscriptions/service.ts'
import { createWorkerService } from '../features/workers/service.ts'
import type { Caller } from '../http/route.ts'
import type { JobQueue } from '../jobs/job.ts'
import type { Clock } from '../lib/clock.ts'
import { conflict } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import type { SecretBox } from '../lib/secret-box.ts'

type Deps = { database: Database; jobs: JobQueue; secretBox: SecretBox; clock: Clock }

/** What a subscription has been through. `ordered` ones are driven by the server from where an order leaves them. */
type Past = 'ordered' | 'canceled' | 'suspended' | 'terminated'
type Demo = { email: string; name: string; deactivated?: true; subscriptions: readonly DemoSubscription[] }
type DemoSubscription = { service: string; plan: string; name: string; past: Past }

const demo: readonly Demo[] = [
  {
    email: 'demo-customer-1@example.test',
    name: 'Demo customer one',
    subscriptions: [
      { service: 'postgres', plan: 'small', name: 'orders', past: 'ordered' },
      { service: 'whoami', plan: 'nano', name: 'hello', past: 'ordered' },
    ],
  },
  {
    email: 'demo-customer-2@example.test',
    name: 'Demo customer two',
    subscriptions: [
      { service: 'redis', plan: 'nano', name: 'sessions', past: 'canceled' },
      { service: 'whoami', plan: 'nano', name: 'first-try', past: 'terminated' },
    ],
  },
  {
    email: 'demo-customer-3@example.test',
    name: 'Demo customer three',
    subscriptions: [{ service: 'nginx', plan: 'nano', name: 'website', past: 'suspended' }],
  },
  { email: 'demo-deactivated@example.test', name: 'Demo deactivated', deactivated: true, subscriptions: [] },
]

const dayMilliseconds = 86_400_000

/**
 * Adds users and subscriptions in several states to a running installation, for development, and returns the one
 * password of all of them. The orders are placed by the same code as a customer's. All of it or nothing; throws
 * `conflict` where it was done already.
 */
export async function writeDemo(deps: Deps): Promise<{ password: string; emails: readonly string[] }> {
  const { database, clock } = deps
  const password = randomBytes(12).toString('base64url')
  const passwordHash = await hashPassword(password)
  const accounts = createAccounts({ database, clock })
  await database.transaction(async (tx) => {
    for (const { email, name, deactivated, subscriptions } of demo) {
      const created = await accounts.createUser(tx, { email, name, passwordHash, role: 'USER' })
      if (!created) throw conflict('DEMO_PRESENT', `The demonstration was added already: there is ${email}.`)
      const { user, organization } = created
      if (deactivated) await tx.user.update({ where: { id: user.id }, data: { status: 'DEACTIVATED' } })
      await recordAudit(tx, {
        organizationId: organization.id,
        action: 'user.create',
        targetType: 'user',
        targetId: user.id,
        after: { role: user.role, ...(deactivated && { status: 'DEACTIVATED' }) },
        personal: { userId: user.id, after: { email, name } },
      })
      const caller = callerOf(user.id, organization.id)
      for (const subscription of subscriptions) await write(deps, tx, caller, subscription)
    }
  })
  return { password, emails: demo.map(({ email }) => email) }
}

/** An order, and what has happened since: the server sees only the result. */
async function write(deps: Deps, tx: Tx, caller: Caller, { past, ...order }: DemoSubscription): Promise<void> {
  const { database } = deps
  const service = createSubscriptionService({
    ...deps,
    catalog: createCatalogService({ database }),
    workers: createWorkerService({ database }),
    operations: createOperationService({ database }),
    organizations: createOrganizations({ database, clock: deps.clock }),
  })
  const { subscriptionId: id, id: operationId } = await service.create(tx, caller, order)
  if (past === 'ordered') return
  const at = (daysAgo: number) => new Date(deps.clock.systemNow().getTime() - daysAgo * dayMilliseconds)
  await settle(tx, operationId, at(30))
  await tx.subscription.update({
    where: { id },
    data: { entitlement: 'ACTIVE', createdAt: at(30), firstReadyAt: at(30), observedGeneration: 1 },
  })
  if (past === 'suspended') {
    await tx.hold.create({
      data: { id: newId(), subscriptionId: id, reason: 'CUSTOMER', openedById: caller.userId, openedAt: at(2) },
    })
    await tx.subscription.update({
      where: { id },
      data: { entitlement: 'SUSPENDED', previousEntitlement: 'ACTIVE', generation: 2 },
    })
    return
  }
  const { id: canceling } = await service.cancel(tx, caller, id)
  if (past === 'terminated') await terminate(tx, id, { canceling, canceledAt: at(20), endedAt: at(13) })
}

async function settle(tx: Tx, operationId: string, when: Date): Promise<void> {
  const data = { state: 'SUCCEEDED' as const, progress: 100, createdAt: when, startedAt: when, finishedAt: when }
  await tx.operation.update({ where: { id: operationId }, data })
}

type End = { canceling: string; canceledAt: Date; endedAt: Date }

/** What is left of a subscription when its data is destroyed: the row, its history, and nothing secret. */
async function terminate(tx: Tx, id: string, { canceling, canceledAt, endedAt }: End): Promise<void> {
  await settle(tx, canceling, canceledAt)
  await tx.subscription.update({
    where: { id },
    data: {
      entitlement: 'TERMINATED',
      canceledAt,
      retainUntil: endedAt,
      purgeRequestedAt: endedAt,
      terminatedAt: endedAt,
      observedGeneration: 2,
    },
  })
  await tx.reservation.update({ where: { subscriptionId: id }, data: { releasedAt: endedAt } })
  const parts = { where: { subscriptionId: id } }
  await tx.generatedSecret.deleteMany(parts)
  await tx.endpoint.deleteMany(parts)
  await tx.volume.deleteMany(parts)
}

const callerOf = (userId: string, organizationId: string): Caller => ({
  userId,
  organizationId,
  organizationIds: [organizationId],
  role: 'USER',
  credential: { kind: 'session', sessionId: newId() },
  requestId: randomUUID(),
  ipAddress: '127.0.0.1',
})
