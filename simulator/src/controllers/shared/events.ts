/** Events as controllers and kubelets write them: repeated ones counted, old ones forgotten. */
import { type Clock, type KubeObject } from '../../types.ts'
import { type Changes } from './changes.ts'
import { type Cluster, keyOf, splitKey } from './cluster.ts'
import { microTime, time } from './time.ts'

type EventSource = { component: string; host?: string }

type Recorder = {
  /** Says something about an object. The same said again within the hour raises the count of the first. */
  event(
    object: KubeObject,
    about: { type: 'Normal' | 'Warning'; reason: string; message: string; fieldPath?: string },
  ): void
}

export type Events = {
  /** A recorder that speaks for a component. Schedulers write the newer form without counts (`modern`). */
  recorder(source: EventSource, modern?: { action: string }): Recorder
  stop: () => void
}

/** As kube-apiserver's --event-ttl. */
const KEPT_MILLISECONDS = 3_600_000
const SWEEP_MILLISECONDS = 60_000
/** Beyond this the oldest go first, so that 50,000 pods do not leave 200,000 events behind. */
const KEPT_EVENTS = 10_000

/** The recorder of all controllers. Namespaces that are ending refuse new events, which is no one's error. */
export function createEvents(cluster: Cluster, changes: Changes, clock: Clock): Events {
  /** Events by key, the one that was said longest ago first. */
  const lastSaid = new Map<string, { at: number; same: string | undefined }>()
  const keyOfSame = new Map<string, string>()
  let sequence = 0

  changes.on('events', ({ type, object }) => {
    const key = keyOf(object)
    const known = lastSaid.get(key)
    lastSaid.delete(key)
    if (type !== 'DELETED') lastSaid.set(key, { at: clock.now().getTime(), same: known?.same })
    else if (known?.same) keyOfSame.delete(known.same)
  })

  function drop(key: string): void {
    const [namespace, name] = splitKey(key)
    if (cluster.get('events', namespace, name)) cluster.api.remove('events', namespace, name)
    else lastSaid.delete(key)
  }

  function sweep(): void {
    const oldest = clock.now().getTime() - KEPT_MILLISECONDS
    for (const [key, { at }] of lastSaid) {
      if (at > oldest) break
      drop(key)
    }
    timer = clock.after(SWEEP_MILLISECONDS, sweep)
  }
  let timer = clock.after(SWEEP_MILLISECONDS, sweep)

  function makeRoom(): void {
    for (const key of lastSaid.keys()) {
      if (lastSaid.size <= KEPT_EVENTS) return
      drop(key)
    }
  }

  function again(key: string): boolean {
    const [namespace, name] = splitKey(key)
    const known = cluster.get('events', namespace, name)
    if (!known) return false
    const now = clock.now()
    if (known.eventTime && known.count === undefined) return true
    cluster.update('events', { ...known, count: (known.count ?? 1) + 1, lastTimestamp: time(now) })
    return true
  }

  return {
    recorder: (source, modern) => ({
      event(object, { type, reason, message, fieldPath }) {
        const same = [source.component, object.metadata.uid, type, reason, fieldPath, message].join('\0')
        const namespace = object.metadata.namespace ?? 'default'
        const now = clock.now()
        const name = `${object.metadata.name}.${(BigInt(now.getTime()) * 1_000_000n + BigInt(++sequence)).toString(16)}`
        const key = `${namespace}/${name}`
        try {
          const known = keyOfSame.get(same)
          if (known !== undefined && again(known)) return
          keyOfSame.set(same, key)
          lastSaid.set(key, { at: now.getTime(), same })
          cluster.create('events', {
            apiVersion: 'v1',
            kind: 'Event',
            metadata: { name, namespace },
            involvedObject: involved(object, fieldPath),
            type,
            reason,
            message,
            ...(modern ? modernFields(source, modern.action, now) : countedFields(source, now)),
          })
          makeRoom()
        } catch {
          // Events are best effort, as they are for client-go: the namespace may be ending or at its quota.
          if (lastSaid.delete(key)) keyOfSame.delete(same)
        }
      },
    }),
    stop: () => timer.cancel(),
  }
}

function involved(object: KubeObject, fieldPath: string | undefined): Record<string, unknown> {
  const { namespace, name, uid, resourceVersion } = object.metadata
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    resourceVersion,
    ...(fieldPath === undefined ? {} : { fieldPath }),
  }
}

function countedFields(source: EventSource, now: Date): Record<string, unknown> {
  return {
    count: 1,
    firstTimestamp: time(now),
    lastTimestamp: time(now),
    source,
    reportingComponent: source.component,
    reportingInstance: source.host ?? '',
  }
}

function modernFields(source: EventSource, action: string, now: Date): Record<string, unknown> {
  return {
    eventTime: microTime(now),
    action,
    reportingComponent: source.component,
    reportingInstance: `${source.component}-simulator`,
  }
}
