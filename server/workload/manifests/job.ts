import { labelKeys } from './labels.ts'
import { digestOf } from './names.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'
import { podTemplate } from './pod.ts'

/** How often it is tried again before it counts as failed; Kubernetes waits longer each time. */
const backoffLimit = 6

/**
 * A service that runs once. A job's template cannot change, so its name carries the digest of it: changed, it is
 * another job and runs again, as `docker compose up` would run it. It never expires by itself: a job that is gone would
 * be made, and run, again.
 */
export function job(part: Part): KubernetesObject {
  const { input, service } = part
  const template = podTemplate(part)
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf(input, `${service.name}-${digestOf(JSON.stringify(template), 10)}`, {
      labels: { [labelKeys.component]: service.name },
    }),
    spec: { backoffLimit, suspend: !input.running, template },
  }
}
