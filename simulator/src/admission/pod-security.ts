/** Pod Security admission: pods are refused by the namespace's `enforce` label, and workloads warned about by `warn`. */
import { type Level, violations } from '@berth/pod-security'
import { type Write } from '../api/request.ts'
import { forbidden, invalid, invalidValue } from '../errors.ts'
import { asObject, equal } from '../json.ts'
import { podSpecOf, podTemplateOf } from '../registry/pod-template.ts'
import { type Store } from '../store.ts'

const prefix = 'pod-security.kubernetes.io/'

function levelOf(labels: Readonly<Record<string, string>>, mode: string): Level {
  const level = labels[prefix + mode]
  return level === 'baseline' || level === 'restricted' ? level : 'privileged'
}

function describe(write: Write, level: Level, version: string): string | undefined {
  const { resource, object } = write
  const spec = podSpecOf(resource.key, object)
  if (!spec || level === 'privileged') return undefined
  const metadata = resource.key === 'pods' ? object.metadata : asObject(podTemplateOf(resource.key, object)?.metadata)
  const found = violations(level, spec, asObject(metadata))
  if (found.length === 0) return undefined
  const text = found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
  return `violate PodSecurity "${level}:${version}": ${text}`
}

const levels = ['privileged', 'baseline', 'restricted']

/** Throws 422 for a level that does not exist; warns of pods that are there and below a new `enforce` level. */
function checkNamespace(store: Store, { resource, object, previous, warnings }: Write): void {
  const labels = object.metadata.labels ?? {}
  const errors = ['enforce', 'audit', 'warn']
    .map((mode) => prefix + mode)
    .filter((key) => labels[key] !== undefined && !levels.includes(labels[key]))
    .map((key) => invalidValue(`metadata.labels[${key}]`, labels[key], `must be one of ${levels.join(', ')}`))
  if (errors.length) throw invalid(resource, object.metadata.name, errors)
  const level = levelOf(labels, 'enforce')
  if (!previous || levels.indexOf(level) <= levels.indexOf(levelOf(previous.metadata.labels ?? {}, 'enforce'))) return
  const offenders = new Map<string, string[]>()
  for (const pod of store.list('pods', object.metadata.name)) {
    const found = violations(level, asObject(pod.spec), asObject(pod.metadata)).map(({ reason }) => reason)
    if (found.length) offenders.set(found.join(', '), [...(offenders.get(found.join(', ')) ?? []), pod.metadata.name])
  }
  if (offenders.size === 0) return
  const version = labels[`${prefix}enforce-version`] ?? 'latest'
  const quotedName = JSON.stringify(object.metadata.name)
  warnings.push(
    `existing pods in namespace ${quotedName} violate the new PodSecurity enforce level "${level}:${version}"`,
  )
  const each = [...offenders].map(([reasons, pods]) => {
    const others = pods.length - 1
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
    return `${pods.sort()[0]}${more}: ${reasons}`
  })
  warnings.push(...each.sort())
}

/** Throws 403 for a pod below the level of its namespace; adds a warning for pods and workloads below the warn level. */
export function checkPodSecurity(store: Store, write: Write): void {
  const { resource, object, previous, subresource, warnings } = write
  if (resource.key === 'namespaces' && subresource === '') return checkNamespace(store, write)
  if (subresource !== '' || !podSpecOf(resource.key, object)) return
  if (previous && equal(previous.spec, object.spec)) return
  const labels = store.get('namespaces', undefined, object.metadata.namespace ?? '')?.metadata.labels ?? {}
  const version = (mode: string): string => labels[`${prefix}${mode}-version`] ?? 'latest'
  if (resource.key === 'pods') {
    const denied = describe(write, levelOf(labels, 'enforce'), version('enforce'))
    if (denied) throw forbidden(resource, object.metadata.name, denied.replace('violate ', 'violates '))
  }
  const warned = describe(write, levelOf(labels, 'warn'), version('warn'))
  if (warned) warnings.push(`would ${warned}`)
}
