import { kubeError } from './errors.ts'
import type { KubeObject } from './object.ts'

/** A body as JSON. Throws a KubeError `server` when it is something else: a proxy's page, half an answer. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw kubeError('server', `The API server answered with something that is not JSON: ${body.slice(0, 100)}`, {
      cause,
    })
  }
}

export const parseObject = (body: string): KubeObject => asObject(parseJson(body))

/** The value as an object of the API, if it has what each of them has. */
export function asObject(value: unknown): KubeObject {
  if (!isObject(value))
    throw kubeError('server', 'The API server answered with something that is not an object of its API.')
  return value
}

const isObject = (value: unknown): value is KubeObject =>
  typeof value === 'object' &&
  value !== null &&
  'metadata' in value &&
  typeof value.metadata === 'object' &&
  value.metadata !== null &&
  'kind' in value
