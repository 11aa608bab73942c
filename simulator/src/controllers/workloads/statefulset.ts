/** Pods with a name and a volume each, one after the other (k8s.io/kubernetes/pkg/controller/statefulset). */
import { asError } from '../shared/errors.ts'
import { equal } from '../../json.ts'
import { adoptOrphans } from '../shared/adoption.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'
import { type ControllerRevision, type Pod, type StatefulSet } from '../shared/kinds.ts'
import { availableIn, isAvailable, isFinished, isReady } from '../shared/pods.ts'
import { claimsOf, ordinalOf, revisionDraft, revisionOfPod, statefulPod, templateOf } from './statefulset-pods.ts'
import { statefulSetStatus } from './statefulset-status.ts'
import { wakeOwner } from './wake.ts'

type Revisions = { current: ControllerRevision; update: ControllerRevision; all: readonly ControllerRevision[] }

export function startStatefulSets(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const recorder = deps.events.recorder({ component: 'statefulset-controller' })
  const queue = deps.queue(reconcile)
  changes.on('statefulsets.apps', ({ object }) => queue.add(keyOf(object)))
  wakeOwner(changes, 'pods', 'StatefulSet', queue)
  adoptOrphans(deps, 'statefulsets.apps', 'pods')

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const set = cluster.get('statefulsets.apps', namespace, name)
    if (!set) return queue.forget(key)
    if (set.metadata.deletionTimestamp !== undefined) return
    const revisions = revisionsOf(set)
    try {
      if (replace(set, revisions)) update(set, revisions)
    } finally {
      writeStatus(key, set, revisions)
    }
    dropHistory(set, revisions)
  }

  function podsOf(set: StatefulSet): Map<number, Pod> {
    const pods = new Map<number, Pod>()
    for (const pod of cluster.owned('pods', set.metadata.uid)) {
      const ordinal = ordinalOf(set, pod)
      if (ordinal !== undefined) pods.set(ordinal, pod)
    }
    return pods
  }

  function revisionsOf(set: StatefulSet): Revisions {
    const all = [...cluster.owned('controllerrevisions.apps', set.metadata.uid)]
    all.sort((left, right) => left.revision - right.revision)
    const last = all.at(-1)
    const known = all.find((revision) => equal(templateOf(set, revision), set.spec.template))
    let update = known
    const next = (last?.revision ?? 0) + 1
    if (!update) update = cluster.create('controllerrevisions.apps', revisionDraft(set, next))
    else if (last && update !== last) update = cluster.update('controllerrevisions.apps', { ...update, revision: next })
    const current = all.find((revision) => revision.metadata.name === set.status?.currentRevision) ?? update
    return { current, update, all }
  }

  const healthy = (set: StatefulSet, pod: Pod): boolean =>
    pod.metadata.deletionTimestamp === undefined &&
    pod.status?.phase === 'Running' &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, clock.now())

  /** Makes what is missing and ends what is too much; true when the set stands as asked, so that updates may go on. */
  function replace(set: StatefulSet, revisions: Revisions): boolean {
    const inOrder = set.spec.podManagementPolicy !== 'Parallel'
    const start = set.spec.ordinals?.start ?? 0
    const end = start + (set.spec.replicas ?? 1)
    const pods = podsOf(set)
    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = pods.get(ordinal)
      if (pod && isFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
        cluster.delete('pods', pod)
        if (inOrder) return false
        continue
      }
      if (!pod) create(set, revisions, ordinal)
      else ensureClaims(set, ordinal)
      if (inOrder && !(pod && healthy(set, pod))) return false
    }
    const condemned = [...pods].filter(([ordinal]) => ordinal < start || ordinal >= end)
    condemned.sort(([left], [right]) => right - left)
    for (const [ordinal, pod] of condemned) {
      if (pod.metadata.deletionTimestamp === undefined) {
        terminate(set, pod)
        dropClaims(set, ordinal)
      }
      if (inOrder) return false
    }
    return true
  }

  function create(set: StatefulSet, revisions: Revisions, ordinal: number): void {
    ensureClaims(set, ordinal)
    const { updateStrategy } = set.spec
    const partition = (set.spec.ordinals?.start ?? 0) + (updateStrategy?.rollingUpdate?.partition ?? 0)
    const revision = updateStrategy?.type !== 'OnDelete' && ordinal < partition ? revisions.current : revisions.update
    const draft = statefulPod(set, templateOf(set, revision), revision.metadata.name, ordinal)
    const name = `${set.metadata.name}-${ordinal}`
    try {
      cluster.create('pods', draft)
      say(set, 'Normal', 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} successful`)
    } catch (error) {
      const why = asError(error).message
      say(set, 'Warning', 'FailedCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${why}`)
      throw error
    }
  }

  function ensureClaims(set: StatefulSet, ordinal: number): void {
    for (const claim of claimsOf(set, ordinal)) {
      const { name = '' } = claim.metadata
      if (cluster.get('persistentvolumeclaims', set.metadata.namespace, name)) continue
      cluster.create('persistentvolumeclaims', claim)
      const pod = `${set.metadata.name}-${ordinal}`
      say(
        set,
        'Normal',
        'SuccessfulCreate',
        `create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`,
      )
    }
  }

  /** Scaled down: the claims stay, unless `whenScaled` is `Delete`; then they go after their pod lets go of them. */
  function dropClaims(set: StatefulSet, ordinal: number): void {
    if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return
    for (const draft of claimsOf(set, ordinal)) {
      const claim = cluster.get('persistentvolumeclaims', set.metadata.namespace, draft.metadata.name ?? '')
      if (claim) cluster.delete('persistentvolumeclaims', claim)
    }
  }

  /** Replaces the pods of older revisions, the highest ordinal first, each after the one above it is healthy. */
  function update(set: StatefulSet, revisions: Revisions): void {
    if (set.spec.updateStrategy?.type === 'OnDelete') return
    const start = set.spec.ordinals?.start ?? 0
    const first = start + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
    const pods = podsOf(set)
    for (let ordinal = start + (set.spec.replicas ?? 1) - 1; ordinal >= first; ordinal--) {
      const pod = pods.get(ordinal)
      if (!pod) return
      if (revisionOfPod(pod) !== revisions.update.metadata.name && pod.metadata.deletionTimestamp === undefined) {
        terminate(set, pod)
        return
      }
      if (!healthy(set, pod)) return
    }
  }

  function terminate(set: StatefulSet, pod: Pod): void {
    cluster.delete('pods', pod)
    const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`
    say(set, 'Normal', 'SuccessfulDelete', message)
  }

  function say(set: StatefulSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    recorder.event(set, { type, reason, message })
  }

  function writeStatus(key: string, before: StatefulSet, revisions: Revisions): void {
    const set = cluster.get('statefulsets.apps', before.metadata.namespace, before.metadata.name)
    if (!set) return
    const pods = [...podsOf(set).values()]
    const names = { current: revisions.current.metadata.name, update: revisions.update.metadata.name }
    cluster.setStatus('statefulsets.apps', set, statefulSetStatus(set, pods, names, clock.now()))
    const minReadySeconds = set.spec.minReadySeconds ?? 0
    for (const pod of pods) {
      const wait = isReady(pod) ? (availableIn(pod, minReadySeconds, clock.now()) ?? 0) : 0
      if (wait > 0) queue.addAfter(key, wait)
    }
  }

  function dropHistory(set: StatefulSet, { current, update, all }: Revisions): void {
    const used = new Set([...podsOf(set).values()].map(revisionOfPod))
    const idle = all.filter((each) => each !== current && each !== update && !used.has(each.metadata.name))
    const surplus = idle.length - (set.spec.revisionHistoryLimit ?? 10)
    for (const each of idle.slice(0, Math.max(0, surplus))) cluster.delete('controllerrevisions.apps', each)
  }
}
