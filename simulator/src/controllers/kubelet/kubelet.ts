/**
 * The kubelets of all nodes: one work queue of pods. A node that is down is simply not looked at; what was done before
 * a restart of the simulator is read back from the pods' statuses.
 */
import { asObject } from '../../json.ts'
import { matchesPattern } from '../../faults.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'
import { type Container, type Node, type Pod } from '../shared/kinds.ts'
import { isFinished } from '../shared/pods.ts'
import { time } from '../shared/time.ts'
import { createAddresses } from './addresses.ts'
import { adopt } from './adopt.ts'
import { type Behaviour, behaviourOf, duration } from './command.ts'
import { advance, begin, nextDue, type Run, type Surroundings } from './container.ts'
import { createImages } from './images.ts'
import { environmentProblem, volumeProblem } from './references.ts'
import { isInitDone, isSidecar, type PodRun, podStatus } from './status.ts'
import { startTermination } from './termination.ts'

/** Says for how long the containers of a pod run before they end with 0: `5s`, `2m`. */
const RUN_FOR = 'simulator/run-for'
const FIRST_MOUNT_RETRY = 500
const LAST_MOUNT_RETRY = 122_000
const NODE_RETRY = 100

export function startKubelets(deps: Deps): void {
  const { cluster, changes, clock, faults, logs, timings } = deps
  const runs = new Map<string, PodRun>()
  const images = createImages()
  const addresses = createAddresses()
  const recorders = new Map<string, ReturnType<Deps['events']['recorder']>>()
  const queue = deps.queue(sync)
  const terminate = startTermination(deps, {
    forget,
    say: (pod, reason, message, fieldPath) => say(pod, 'Normal', reason, message, fieldPath),
  })

  changes.on('pods', ({ type, object: pod, previous }) => {
    const key = keyOf(pod)
    if (type === 'DELETED') {
      forget(key)
      logs?.forget(pod.metadata.uid)
      return queue.forget(key)
    }
    if (!pod.spec.nodeName) return
    if (!previous || concernsKubelet(previous, pod)) queue.add(key)
  })
  changes.on('nodes', ({ type, object }) => {
    if (type !== 'DELETED') return
    images.forget(object.metadata.name)
    addresses.forget(object.metadata.name)
    recorders.delete(object.metadata.name)
  })
  // A crash that is switched on ends containers that run; a node that is back catches up.
  deps.onStop(
    faults.onChange(() => {
      for (const key of runs.keys()) queue.add(key)
      for (const node of deps.pods.nodes()) for (const key of deps.pods.onNode(node)) queue.add(key)
    }),
  )

  function sync(key: string): void {
    const [namespace, name] = splitKey(key)
    const pod = cluster.get('pods', namespace, name)
    if (!pod?.spec.nodeName) return
    const node = cluster.get('nodes', undefined, pod.spec.nodeName)
    if (!node || faults.active('nodeDown').some((fault) => fault.node === node.metadata.name)) return
    // Ended already, and only held by somebody's finalizer.
    if (pod.metadata.deletionGracePeriodSeconds === 0 && isFinished(pod)) return forget(key)
    const run = runOf(key, pod)
    if (pod.metadata.deletionTimestamp !== undefined) {
      const wait = terminate(pod, run)
      if (wait !== undefined) queue.addAfter(key, wait)
      return
    }
    if (isFinished(pod)) return forget(key)
    const due = live(key, pod, node, run)
    const now = clock.now()
    const status = podStatus(pod, run, hostAddress(node), now)
    cluster.setStatus('pods', pod, status)
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return forget(key)
    if (Number.isFinite(due)) queue.addAfter(key, due - now.getTime())
  }

  function runOf(key: string, pod: Pod): PodRun {
    const known = runs.get(key)
    if (known?.uid === pod.metadata.uid) return known
    const run = adopt(pod, clock.now(), (container) => behaviour(pod, container))
    if (run.ip !== undefined) addresses.note(run.node, run.ip)
    for (const each of [...run.inits, ...run.mains])
      if (each.id !== undefined && each.container.image) images.add(run.node, each.container.image)
    runs.set(key, run)
    return run
  }

  function forget(key: string): void {
    const run = runs.get(key)
    if (!run) return
    if (run.ip !== undefined) addresses.release(run.node, run.ip)
    runs.delete(key)
  }

  /** Volumes, network, init containers in order, containers; returns when to look again. */
  function live(key: string, pod: Pod, node: Node, run: PodRun): number {
    const now = clock.now().getTime()
    if (run.ip === undefined) {
      const problem = volumeProblem(cluster, pod)
      if (problem !== undefined) {
        say(pod, 'Warning', 'FailedMount', problem)
        return now + Math.min(FIRST_MOUNT_RETRY * 2 ** run.mountTries++, LAST_MOUNT_RETRY)
      }
      const range = node.spec?.podCIDR
      run.ip = pod.spec.hostNetwork ? hostAddress(node) : range && addresses.take(node.metadata.name, range)
      if (run.ip === undefined) return now + NODE_RETRY
    }
    const around = surroundings(pod, node.metadata.name)
    let due = Infinity
    const move = (each: Run, field: string, completes: boolean): void => {
      const own = around(field, each.container, completes)
      begin(each, own)
      advance(each, own)
      due = Math.min(due, nextDue(each, own.now))
    }
    for (const init of run.inits) {
      move(init, 'initContainers', !isSidecar(init))
      if (!isInitDone(init, now)) return due
    }
    for (const main of run.mains) move(main, 'containers', false)
    return due
  }

  function surroundings(pod: Pod, node: string): (field: string, container: Container, init: boolean) => Surroundings {
    const { name, namespace, uid } = pod.metadata
    const policy = pod.spec.restartPolicy
    const now = clock.now().getTime()
    const own = policy === 'Never' || policy === 'OnFailure' ? policy : 'Always'
    return (field, container, init) => {
      const sidecar = field === 'initContainers' && container.restartPolicy === 'Always'
      return {
        now,
        podUid: uid,
        podName: `${name}_${namespace}(${uid})`,
        // An init container is restarted after failures only; a sidecar always.
        restartPolicy: sidecar ? 'Always' : init && own === 'Always' ? 'OnFailure' : own,
        hasImage: (image) => images.has(node, image),
        addImage: (image) => images.add(node, image),
        pullMilliseconds: timings.imagePullMilliseconds,
        startMilliseconds: timings.containerStartMilliseconds,
        pullsFail: (image) => faults.active('imagePull').some((fault) => matchesPattern(fault.image, image)),
        problem: (each) => environmentProblem(cluster, pod, each),
        crash,
        behaviour: (each) => behaviour(pod, each, init),
        log: (each, line) => logs?.append(uid, each, line),
        newRun: (each) => logs?.restart(uid, each),
        say: (type, reason, message) => say(pod, type, reason, message, `spec.${field}{${container.name}}`),
        stamp: (milliseconds) => time(new Date(milliseconds)),
      }
    }
  }

  function crash(container: Container): { exitCode: number; log?: string } | undefined {
    const fault = faults
      .active('crash')
      .find(
        ({ image, container: name }) =>
          (image === undefined || matchesPattern(image, container.image ?? '')) &&
          (name === undefined || matchesPattern(name, container.name)),
      )
    return fault && { exitCode: fault.exitCode ?? 1, ...(fault.log === undefined ? {} : { log: fault.log }) }
  }

  /** How a container ends by itself: as annotated, as its command says, or soon when it is to complete. */
  function behaviour(pod: Pod, container: Container, init = false): Behaviour | undefined {
    const told = behaviourOf(container)
    const annotated = duration(pod.metadata.annotations?.[RUN_FOR] ?? '')
    if (annotated !== undefined && !init)
      return { lines: told?.lines ?? [], exitCode: told?.exitCode ?? 0, milliseconds: annotated }
    if (told) return told
    const completes = init || pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure'
    return completes ? { lines: [], exitCode: 0, milliseconds: timings.completionMilliseconds } : undefined
  }

  function say(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const host = pod.spec.nodeName ?? ''
    let recorder = recorders.get(host)
    if (!recorder) recorders.set(host, (recorder = deps.events.recorder({ component: 'kubelet', host })))
    recorder.event(pod, { type, reason, message, ...(fieldPath === undefined ? {} : { fieldPath }) })
  }
}

/** Anything but what the kubelet itself writes. */
function concernsKubelet(previous: Pod, pod: Pod): boolean {
  const [before, after] = [previous.metadata, pod.metadata]
  return (
    previous.spec.nodeName !== pod.spec.nodeName ||
    before.generation !== after.generation ||
    before.deletionTimestamp !== after.deletionTimestamp ||
    before.deletionGracePeriodSeconds !== after.deletionGracePeriodSeconds
  )
}

function hostAddress(node: Node): string | undefined {
  const { addresses } = node.status ?? {}
  return addresses?.find((address) => asObject(address).type === 'InternalIP')?.address
}
