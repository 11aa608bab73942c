/** Indexed jobs: each pod has a number, and each number has to succeed once (KEP-2214). */
import { type Draft } from '../shared/cluster.ts'
import { type Job, type Pod } from '../shared/kinds.ts'
import { podFromTemplate } from '../shared/pods.ts'

const INDEX = 'batch.kubernetes.io/job-completion-index'

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed'
}

function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX]
  return text === undefined ? undefined : Number(text)
}

/** `0-2,5` as numbers. */
function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>()
  for (const range of text?.split(',').filter(Boolean) ?? []) {
    const [first = 0, last = first] = range.split('-').map(Number)
    for (let index = first; index <= last; index++) indexes.add(index)
  }
  return indexes
}

/** Numbers as `0-2,5`; two neighbours are written as two. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const ranges: [first: number, last: number][] = []
  for (const index of [...indexes].sort((left, right) => left - right)) {
    const range = ranges.at(-1)
    if (range && range[1] === index - 1) range[1] = index
    else ranges.push([index, index])
  }
  return ranges
    .map(([first, last]) => (first === last ? `${first}` : `${first}${last - first > 1 ? '-' : ','}${last}`))
    .join(',')
}

/** The numbers that have succeeded, with those of the pods that just did. */
export function completedIndexes(job: Job, succeeded: readonly Pod[]): Set<number> {
  const indexes = parseIndexes(job.status?.completedIndexes)
  for (const pod of succeeded) {
    const index = indexOf(pod)
    if (index !== undefined && index < (job.spec.completions ?? 0)) indexes.add(index)
  }
  return indexes
}

/** The lowest numbers that neither have succeeded nor are being worked on. */
export function nextIndexes(job: Job, done: ReadonlySet<number>, active: readonly Pod[], count: number): number[] {
  const taken = new Set(active.map(indexOf))
  const next: number[] = []
  for (let index = 0; index < (job.spec.completions ?? 0) && next.length < count; index++)
    if (!done.has(index) && !taken.has(index)) next.push(index)
  return next
}

/** The pod of a number: it finds it in its name, hostname, label, annotation and environment. */
export function indexedPod(job: Job, index: number, finalizers: string[]): Draft {
  const draft = podFromTemplate(job.spec.template, job, { labels: { [INDEX]: String(index) }, finalizers })
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` }
  const variable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }
  const base = `${job.metadata.name}-${index}`
  return {
    ...draft,
    metadata: {
      ...draft.metadata,
      generateName: `${base}-`,
      annotations: { ...draft.metadata.annotations, [INDEX]: String(index) },
    },
    spec: {
      ...draft.spec,
      hostname: base,
      containers: draft.spec.containers.map((each) => ({ ...each, env: [...(each.env ?? []), variable] })),
    },
  }
}
