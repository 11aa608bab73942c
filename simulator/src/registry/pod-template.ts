/** Where the kinds that run pods keep their pod template. */
import { at, isObject, type JsonObject } from '../json.ts'
import { type ResourceKey } from '../types.ts'

const templates: Readonly<Record<ResourceKey, readonly string[]>> = {
  'deployments.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'replicasets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
}

/** The path of the template's field in objects of a resource, such as `spec.template`. */
export function templatePath(resource: ResourceKey): string | undefined {
  return templates[resource]?.join('.')
}

/** The pod template of a workload, or undefined for other kinds. */
export function podTemplateOf(resource: ResourceKey, object: unknown): JsonObject | undefined {
  const path = templates[resource]
  const template = path && at(object, ...path)
  return isObject(template) ? template : undefined
}

/** The pod spec of a pod or of a workload's template. */
export function podSpecOf(resource: ResourceKey, object: JsonObject): JsonObject | undefined {
  const spec = resource === 'pods' ? object.spec : podTemplateOf(resource, object)?.spec
  return isObject(spec) ? spec : undefined
}
