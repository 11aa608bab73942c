/** Tables of pods and of the kinds that make them. */
import { asNumber, asObject, asObjects, asString, at, type JsonObject } from '../json.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'
import { type Columns, columns, containerCells, duration, age as ageOf, selectorText, text } from './columns-shared.ts'

const number = (object: unknown, ...path: string[]): number => asNumber(at(object, ...path)) ?? 0

function containerReason(status: JsonObject): string | undefined {
  const waiting = asString(at(status, 'state', 'waiting', 'reason'))
  if (waiting) return waiting
  const terminated = at(status, 'state', 'terminated')
  if (terminated === undefined) return undefined
  const reason = asString(at(terminated, 'reason'))
  if (reason) return reason
  const signal = number(terminated, 'signal')
  return signal ? `Signal:${signal}` : `ExitCode:${number(terminated, 'exitCode')}`
}

/** What the STATUS column says of a pod (k8s.io/kubernetes/pkg/printers/internalversion, printPod). */
function podStatus(pod: KubeObject): string {
  const status = asObject(pod.status)
  let reason = asString(status.reason) ?? asString(status.phase) ?? 'Unknown'
  if (
    at(
      asObjects(status.conditions).find((each) => each.type === 'PodScheduled'),
      'reason',
    ) === 'SchedulingGated'
  )
    reason = 'SchedulingGated'
  const inits = asObjects(status.initContainerStatuses)
  const total = asObjects(at(pod, 'spec', 'initContainers')).length
  const busy = inits.findIndex((each) => {
    if (at(each, 'state', 'terminated') !== undefined) return number(each, 'state', 'terminated', 'exitCode') !== 0
    return each.started !== true
  })
  const init = inits[busy]
  if (init) {
    const why = containerReason(init)
    reason = why && why !== 'PodInitializing' ? `Init:${why}` : `Init:${busy}/${total}`
  } else {
    let running = false
    for (const each of [...asObjects(status.containerStatuses)].reverse()) {
      reason = containerReason(each) ?? reason
      if (each.ready === true && at(each, 'state', 'running') !== undefined) running = true
    }
    if (reason === 'Completed' && running) {
      const ready = asObjects(status.conditions).some((each) => each.type === 'Ready' && each.status === 'True')
      reason = ready ? 'Running' : 'NotReady'
    }
  }
  if (pod.metadata.deletionTimestamp === undefined) return reason
  return status.reason === 'NodeLost' ? 'Unknown' : 'Terminating'
}

function restarts(pod: KubeObject, now: Date): string {
  const statuses = asObjects(at(pod, 'status', 'containerStatuses'))
  const count = statuses.reduce((sum, each) => sum + number(each, 'restartCount'), 0)
  const ends = statuses.map((each) => asString(at(each, 'lastState', 'terminated', 'finishedAt')) ?? '').sort()
  const last = ends.at(-1)
  return count > 0 && last ? `${count} (${ageOf(last, now)} ago)` : String(count)
}

function jobStatus(job: KubeObject): string {
  const conditions = asObjects(at(job, 'status', 'conditions')).filter((each) => each.status === 'True')
  const has = (type: string): boolean => conditions.some((each) => each.type === type)
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function jobCompletions(job: KubeObject): string {
  const succeeded = number(job, 'status', 'succeeded')
  const completions = asNumber(at(job, 'spec', 'completions'))
  if (completions !== undefined) return `${succeeded}/${completions}`
  const parallelism = number(job, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function jobDuration(job: KubeObject, now: Date): string {
  const start = asString(at(job, 'status', 'startTime'))
  if (!start) return ''
  const end = asString(at(job, 'status', 'completionTime'))
  return duration((end ? new Date(end) : now).getTime() - new Date(start).getTime())
}

export const workloadColumns: Readonly<Record<ResourceKey, Columns>> = {
  pods: {
    definitions: columns(
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP*',
      'Node*',
      'Nominated Node*',
      'Readiness Gates*',
    ),
    cells(pod, age, now) {
      const statuses = asObjects(at(pod, 'status', 'containerStatuses'))
      const ready = statuses.filter((each) => each.ready === true && at(each, 'state', 'running') !== undefined).length
      const total = asObjects(at(pod, 'spec', 'containers')).length
      return [
        pod.metadata.name,
        `${ready}/${total}`,
        podStatus(pod),
        restarts(pod, now),
        age,
        text(at(pod, 'status', 'podIP')),
        text(at(pod, 'spec', 'nodeName')),
        text(at(pod, 'status', 'nominatedNodeName')),
        '<none>',
      ]
    },
  },
  'deployments.apps': {
    definitions: columns('Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers*', 'Images*', 'Selector*'),
    cells: (object, age) => [
      object.metadata.name,
      `${number(object, 'status', 'readyReplicas')}/${number(object, 'spec', 'replicas')}`,
      number(object, 'status', 'updatedReplicas'),
      number(object, 'status', 'availableReplicas'),
      age,
      ...containerCells(at(object, 'spec', 'template')),
      selectorText(at(object, 'spec', 'selector')),
    ],
  },
  'statefulsets.apps': {
    definitions: columns('Name', 'Ready', 'Age', 'Containers*', 'Images*'),
    cells: (object, age) => [
      object.metadata.name,
      `${number(object, 'status', 'readyReplicas')}/${number(object, 'spec', 'replicas')}`,
      age,
      ...containerCells(at(object, 'spec', 'template')),
    ],
  },
  'replicasets.apps': {
    definitions: columns('Name', 'Desired:i', 'Current:i', 'Ready:i', 'Age', 'Containers*', 'Images*', 'Selector*'),
    cells: (object, age) => [
      object.metadata.name,
      number(object, 'spec', 'replicas'),
      number(object, 'status', 'replicas'),
      number(object, 'status', 'readyReplicas'),
      age,
      ...containerCells(at(object, 'spec', 'template')),
      selectorText(at(object, 'spec', 'selector')),
    ],
  },
  'daemonsets.apps': {
    definitions: columns(
      'Name', 'Desired:i', 'Current:i', 'Ready:i', 'Up-to-date:i', 'Available:i', 'Node Selector', 'Age', 'Containers*',
      'Images*', 'Selector*',
    ), // prettier-ignore
    cells: (object, age) => [
      object.metadata.name,
      number(object, 'status', 'desiredNumberScheduled'),
      number(object, 'status', 'currentNumberScheduled'),
      number(object, 'status', 'numberReady'),
      number(object, 'status', 'updatedNumberScheduled'),
      number(object, 'status', 'numberAvailable'),
      selectorText(at(object, 'spec', 'template', 'spec', 'nodeSelector')),
      age,
      ...containerCells(at(object, 'spec', 'template')),
      selectorText(at(object, 'spec', 'selector')),
    ],
  },
  'controllerrevisions.apps': {
    definitions: columns('Name', 'Controller', 'Revision', 'Age'),
    cells(object, age) {
      const owner = object.metadata.ownerReferences?.find((each) => each.controller)
      const controller = owner
        ? `${owner.kind.toLowerCase()}.${owner.apiVersion.split('/')[0] ?? ''}/${owner.name}`
        : '<none>'
      return [object.metadata.name, controller, number(object, 'revision'), age]
    },
  },
  'jobs.batch': {
    definitions: columns('Name', 'Status', 'Completions', 'Duration', 'Age', 'Containers*', 'Images*', 'Selector*'),
    cells: (object, age, now) => [
      object.metadata.name,
      jobStatus(object),
      jobCompletions(object),
      jobDuration(object, now),
      age,
      ...containerCells(at(object, 'spec', 'template')),
      selectorText(at(object, 'spec', 'selector')),
    ],
  },
  'cronjobs.batch': {
    definitions: columns(
      'Name', 'Schedule', 'Timezone', 'Suspend:b', 'Active:i', 'Last Schedule', 'Age', 'Containers*', 'Images*', 'Selector*',
    ), // prettier-ignore
    cells: (object, age, now) => [
      object.metadata.name,
      text(at(object, 'spec', 'schedule')),
      text(at(object, 'spec', 'timeZone')),
      at(object, 'spec', 'suspend') === true,
      asObjects(at(object, 'status', 'active')).length,
      at(object, 'status', 'lastScheduleTime') ? ageOf(at(object, 'status', 'lastScheduleTime'), now) : '<none>',
      age,
      ...containerCells(at(object, 'spec', 'jobTemplate', 'spec', 'template')),
      selectorText(at(object, 'spec', 'jobTemplate', 'spec', 'selector')),
    ],
  },
}
