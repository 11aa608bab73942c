import { isKubeError } from '../../kube/errors.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import { createKeyedQueue } from '../../reconcile/keyed-queue.ts'
import { acquireLease, releaseAllLeases, releaseLease, type Lease } from '../../reconcile/leases.ts'
import type { Reconciler } from '../../reconcile/reconciler.ts'
import type { ClusterView, ObservedObject } from '../clusters/service.ts'
import { isOlder, type Applied } from './applied.ts'
import { reconcileSubscription, type PassDependencies } from './reconcile.ts'
import { createResync } from './resync.ts'

/**
 * Runs passes: by key, under a lease, as often as something wakes a key. Three things wake one: a job (the row
 * changed), a watch event (the cluster changed) and time (the resync), and a pass is the same whichever it was.
 */
export type SubscriptionRunner = {
  reconciler: Reconciler
  /** One pass, and its failure if it fails: what a job waits for. */
  run(subscriptionId: string): Promise<void>
  stop(): Promise<void>
  queueSize(): { waiting: number; working: number; failing: number }
}

type Dependencies = PassDependencies & {
  holder: string
  log: Logger
  concurrency: number
  resyncSeconds: number
  onPass(outcome: 'done' | 'failed' | 'busy', milliseconds: number): void
}

/** What a process that died holds up others for, and a restarted one itself. */
export const leaseMilliseconds = 15_000
/** How soon one that finds a subscription taken looks again. */
export const busyMilliseconds = 1_000
/** A write must not begin so late that it could end after the lease. */
const leaseMargin = 5_000
/** Watch events come in bursts: a pod moves through five states in a second, and one pass sees the last. */
const gatherMilliseconds = 40
const wakeChannel = 'berth_wake'
const backoff = { initialMilliseconds: 500, maximumMilliseconds: 30_000 }

type HeldLease = { lease: Lease; until: number }

export function createSubscriptionRunner(dependencies: Dependencies): SubscriptionRunner {
  const { database, clusters, holder, log, concurrency, resyncSeconds } = dependencies
  const memory = new Map<string, Applied>()
  const leases = new Map<string, HeldLease>()
  const toResync = new Set<string>()

  const appliedOf = (id: string): Applied => {
    const known = memory.get(id)
    if (known) return known
    const applied: Applied = { objects: new Map() }
    memory.set(id, applied)
    return applied
  }

  /** Leases are kept between passes, because this process is most likely the one that is woken next. */
  const leaseOf = async (id: string): Promise<HeldLease | undefined> => {
    const held = leases.get(id)
    if (held && held.until - Date.now() > leaseMilliseconds / 2) return held
    const asked = Date.now()
    const lease = await acquireLease(database, `subscription:${id}`, holder, leaseMilliseconds)
    if (!lease) {
      leases.delete(id)
      return undefined
    }
    const fresh = { lease, until: asked + leaseMilliseconds }
    leases.set(id, fresh)
    return fresh
  }

  const pass = async (id: string) => {
    const began = performance.now()
    const told = (outcome: 'done' | 'failed' | 'busy') => dependencies.onPass(outcome, performance.now() - began)
    const held = await leaseOf(id)
    if (!held) {
      // Somebody else is at it and may have read the row before it changed: tell them.
      await database.query(`SELECT pg_notify($1, $2)`, [wakeChannel, id])
      told('busy')
      return { againAfterMilliseconds: busyMilliseconds }
    }
    const resync = toResync.delete(id)
    try {
      const result = await reconcileSubscription(dependencies, id, {
        lease: held.lease,
        applied: appliedOf(id),
        resync,
        assertStillOurs() {
          if (Date.now() > held.until - leaseMargin) throw new Error('the lease of this subscription is about to end')
        },
      })
      told('done')
      await settleLease(id, held, result.gone)
      return result.gone || result.againAfterMilliseconds === undefined
        ? undefined
        : { againAfterMilliseconds: result.againAfterMilliseconds }
    } catch (error) {
      told('failed')
      leases.delete(id)
      throw error
    }
  }

  /** Only the process that watches keeps the lease: it is the one that sees what comes of the pass. */
  const settleLease = async (id: string, { lease }: HeldLease, gone: boolean) => {
    if (gone) memory.delete(id)
    if (!gone && watching.has(id)) return
    leases.delete(id)
    await releaseLease(database, lease)
  }
  /** Keys that watch events of this process have named. */
  const watching = new Set<string>()

  const queue = createKeyedQueue(pass, {
    concurrency,
    backoff,
    onFailure(id, error, failures) {
      const level = isKubeError(error) && error.kind === 'unreachable' ? 'debug' : 'warn'
      log[level]({ subscription: id, failures, error: messageOf(error) }, 'a pass failed and comes again')
    },
  })

  const forget = (id: string, removed: ObservedObject) => {
    const known = memory.get(id)?.objects.get(removed.key)
    if (known && !isOlder(removed.resourceVersion, known.resourceVersion)) memory.get(id)?.objects.delete(removed.key)
  }

  /**
   * No event tells of what was removed while nobody watched: what this process applied before it took the watch over,
   * and does not see now, is applied again.
   */
  const forgetUnseen = (view: ClusterView) => {
    if (!view.observing()) return
    for (const [id, { objects }] of memory) {
      const seen = view.objects(id)
      const unseen = [...objects.keys()].filter((key) => !seen.has(key))
      for (const key of unseen) objects.delete(key)
      if (unseen.length > 0) queue.wake(id)
    }
  }

  clusters.onEvents({
    onChange(id, removed) {
      watching.add(id)
      if (removed) forget(id, removed)
      queue.wake(id, removed && removed.kind !== 'Pod' ? 0 : gatherMilliseconds)
    },
    onBack(clusterId) {
      forgetUnseen(clusters.view(clusterId))
      queue.retryFailed()
      resync.soon()
    },
  })

  const resync = createResync({
    database,
    seconds: resyncSeconds,
    log,
    wake(id, everything) {
      if (everything) toResync.add(id)
      queue.wake(id)
    },
  })
  let unlisten: (() => Promise<void>) | undefined

  return {
    reconciler: {
      name: 'subscriptions',
      async start() {
        unlisten = await database.listen(wakeChannel, (id) => (id === '' ? resync.soon() : queue.wake(id)))
        resync.start()
      },
      async stop() {
        await resync.stop()
        await unlisten?.()
      },
    },
    run: (id) => queue.run(id),
    async stop() {
      await queue.stop()
      await releaseAllLeases(database, holder)
    },
    queueSize: () => queue.size(),
  }
}
