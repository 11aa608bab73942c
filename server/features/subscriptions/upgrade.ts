import { randomBytes } from 'node:crypto'
import type { Operation } from '../../db/generated/client.ts'
import type { Tx } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { conflict, unprocessable } from '../../lib/errors.ts'
import { endpointsOf, manifests, type EndpointView, type ManifestInput } from '../../workload/manifests/index.ts'
import { parametersRefused, resolveParameters } from '../../workload/parameters.ts'
import { generateSecrets } from '../../workload/secrets.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'
import { planUpgrade, type UpgradePlan } from '../../workload/upgrade/index.ts'
import type { OfferedRevision } from '../catalog/service.ts'
import { changeEntitlement } from './change.ts'
import { loadDesiredIn, type DesiredRow } from './desired.ts'
import { insertParts, type OrderDependencies } from './order.ts'
import { shouldRun } from './state.ts'
import type { SubscriptionWithParts } from './store.ts'
import { revisionToGoBackTo } from './way-back.ts'
import { manifestInput, secretPlace } from './wanted.ts'

/**
 * From one revision of a service's template to another, asked for one by one. The preview and the change run the same
 * functions; the change does so with the row locked.
 */
export type AskedUpgrade = {
  revision?: number | undefined
  parameters?: Readonly<Record<string, string | number | boolean>> | undefined
}
export type PlannedUpgrade = {
  from: number
  to: number
  verdict: UpgradePlan['verdict']
  refusals: { code: string; subject: string; reason: string; wayOut: string }[]
  steps: UpgradePlan['steps']
  notes: readonly string[]
  restarts: string[]
  starts: string[]
  ends: string[]
}

type Dependencies = Pick<OrderDependencies, 'catalog' | 'operations' | 'jobs' | 'clock' | 'secretBox'>
type Compared = { target: OfferedRevision; previous: ManifestInput; next: ManifestInput; plan: PlannedUpgrade }

export const planUpgradeOf = async (
  dependencies: Dependencies,
  tx: Tx,
  caller: Caller,
  row: SubscriptionWithParts,
  asked: AskedUpgrade,
): Promise<PlannedUpgrade> => (await compare(dependencies, tx, caller, row, asked)).plan

/** Of a locked row. */
export async function upgradeSubscription(
  dependencies: Dependencies,
  tx: Tx,
  caller: Caller,
  row: SubscriptionWithParts,
  asked: AskedUpgrade,
): Promise<Operation> {
  if (!shouldRun(row))
    throw conflict('NOT_RUNNING', `The subscription is ${row.entitlement}: nothing runs that could be upgraded.`, {
      extensions: { state: row.entitlement },
    })
  const { target, previous, next, plan } = await compare(dependencies, tx, caller, row, asked)
  const [first] = plan.refusals
  if (first)
    throw unprocessable('UPGRADE_REFUSED', `It cannot be upgraded to revision ${plan.to}: ${first.reason}`, {
      extensions: { plan },
    })
  await writeParts(dependencies, tx, row, previous, next)
  return changeEntitlement(dependencies, tx, caller, row, {
    kind: 'UPGRADE',
    target: {
      revisionId: target.id,
      previousRevisionId: await revisionToGoBackTo(tx, row, target.id),
      parameters: { ...next.subscription.parameters },
    },
  })
}

async function compare(
  { catalog, secretBox }: Dependencies,
  tx: Tx,
  caller: Caller,
  row: SubscriptionWithParts,
  asked: AskedUpgrade,
): Promise<Compared> {
  const target = await catalog.revisionOf(tx, row.service.id, asked.revision)
  if (target?.id === row.revision.id)
    throw conflict('ALREADY_UPGRADED', `It is on revision ${target.number} already.`, {
      extensions: { revision: target.number },
    })
  // What else is not current is a draft of the operator's, or was taken back.
  const isOffered = target?.current || target?.id === row.previousRevisionId || caller.role === 'ADMINISTRATOR'
  if (!target || !isOffered)
    throw unprocessable('REVISION_NOT_FOUND', `The service offers no revision ${asked.revision ?? ''} to upgrade to.`, {
      fields: [{ pointer: '/revision', detail: 'is not offered' }],
    })
  const desired = await loadDesiredIn(tx, row.id)
  const current = await catalog.revisionOf(tx, row.service.id, row.revision.number)
  if (!desired || !current) throw new Error(`the subscription ${row.id} has no revision`)
  const previous = manifestInput(desired, current.spec, secretBox, '')
  const next = nextOf(previous, target, asked.parameters ?? {})
  return { target, previous, next, plan: planOf(row, target, desired, previous, next) }
}

/** The same subscription on the other template: what was ordered and generated stays, what is new is added. */
function nextOf(
  previous: ManifestInput,
  { id, spec }: OfferedRevision,
  given: NonNullable<AskedUpgrade['parameters']>,
): ManifestInput {
  const { subscription, secrets } = previous
  const parameters = parametersFor(spec, subscription.parameters, given)
  return {
    ...previous,
    spec,
    subscription: { ...subscription, revisionId: id, parameters },
    secrets: { ...secrets, ...generateSecrets(spec, randomBytes, secrets) },
  }
}

/** Throws `invalid` INVALID_PARAMETERS for what is given wrongly; what is missing is the plan's to refuse. */
function parametersFor(
  spec: WorkloadSpec,
  ordered: Readonly<Record<string, string>>,
  given: NonNullable<AskedUpgrade['parameters']>,
): Record<string, string> {
  const known = spec.parameters.filter(({ name }) => name in ordered || name in given)
  const fixed = known.filter(({ name, immutable }) => immutable && name in ordered && name in given)
  const changed = fixed.filter(({ name }) => String(given[name]) !== ordered[name])
  const kept = Object.fromEntries(Object.entries(ordered).filter(([name]) => known.some((one) => one.name === name)))
  const checked = resolveParameters({ parameters: spec.parameters.filter(({ name }) => name in given) }, given)
  const problems = [
    ...changed.map(({ name }) => ({ name, message: 'Cannot be changed after the order.' })),
    ...(checked.ok ? [] : checked.problems),
  ]
  if (problems.length > 0) throw parametersRefused(problems)
  const merged = { ...kept, ...(checked.ok && checked.values) }
  const complete = resolveParameters(spec, merged)
  return complete.ok ? complete.values : merged
}

function planOf(
  row: SubscriptionWithParts,
  target: OfferedRevision,
  desired: DesiredRow,
  previous: ManifestInput,
  next: ManifestInput,
): PlannedUpgrade {
  const { steps, notes, refusals } = planUpgrade(previous, next)
  const all = [...refusals, ...ownRefusals(desired, next, steps)]
  const verdict = all.length > 0 ? 'refused' : steps.length > 0 ? 'migration' : 'in-place'
  return {
    from: row.revision.number,
    to: target.number,
    verdict,
    refusals: all,
    steps,
    notes,
    ...rollout(previous, next),
  }
}

/** What the reconciler cannot do by itself, and what the plan has no room for. */
function ownRefusals(
  desired: DesiredRow,
  next: ManifestInput,
  steps: UpgradePlan['steps'],
): PlannedUpgrade['refusals'] {
  const stops = steps.filter(({ action }) => action === 'stop-first')
  return [
    ...stops.map(({ kind, name, reason }) => ({
      code: 'TAKEOVER',
      subject: `${kind}/${name}`,
      reason: `${kind} ${name} would have to be stopped first: ${reason}`,
      wayOut: 'Keep the kind of the service in the next revision, or order anew and move the data.',
    })),
    ...(next.spec.volumes.length > 0 && desired.plan.storageBytes === 0
      ? [
          {
            code: 'NO_STORAGE',
            subject: 'plan',
            reason: 'The next revision keeps data, and the plan has no storage.',
            wayOut: 'Change to a plan with storage first.',
          },
        ]
      : []),
  ]
}

/** Which services' pods are replaced, come and go. */
function rollout(previous: ManifestInput, next: ManifestInput): Pick<PlannedUpgrade, 'restarts' | 'starts' | 'ends'> {
  const [before, after] = [podTemplates(previous), podTemplates(next)]
  return {
    restarts: [...after].filter(([name, pod]) => before.has(name) && before.get(name) !== pod).map(([name]) => name),
    starts: [...after.keys()].filter((name) => !before.has(name)),
    ends: [...before.keys()].filter((name) => !after.has(name)),
  }
}

/** As text, by service. */
function podTemplates(input: ManifestInput): Map<string, string> {
  const templates = new Map<string, string>()
  for (const { metadata, spec } of manifests(input)) {
    const template = (spec as { template?: unknown } | undefined)?.template
    if (template !== undefined) templates.set(metadata.name, JSON.stringify(template))
  }
  return templates
}

/** New secrets, new volumes, and the ways in as they are from now on. */
async function writeParts(
  { secretBox }: Dependencies,
  tx: Tx,
  row: SubscriptionWithParts,
  previous: ManifestInput,
  next: ManifestInput,
): Promise<void> {
  const fresh = Object.entries(next.secrets).filter(([name]) => !Object.hasOwn(previous.secrets, name))
  await tx.generatedSecret.createMany({
    data: fresh.map(([name, value]) => ({
      subscriptionId: row.id,
      name,
      valueEncrypted: secretBox.seal(value, secretPlace(row.id, name)),
    })),
  })
  const wanted = new Set(endpointsOf(next).map(endpointKey))
  const gone = row.endpoints.filter((endpoint) => !wanted.has(endpointKey(endpoint)))
  await tx.endpoint.deleteMany({ where: { id: { in: gone.map(({ id }) => id) } } })
  await insertParts(tx, next, row)
}

type EndpointParts = Pick<EndpointView, 'name' | 'kind' | 'scope' | 'host' | 'port' | 'targetService' | 'targetPort'>
const endpointKey = ({ name, kind, scope, host, port, targetService, targetPort }: EndpointParts): string =>
  [name, kind, scope, host, port, targetService, targetPort].join()
