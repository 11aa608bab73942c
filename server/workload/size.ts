import type { ServiceSpec, ValueTemplate, WorkloadSpec } from './spec.ts'

/** What a service's objects may hold: a ConfigMap and a Secret hold a mebibyte each, and so does etcd. */
export const mostBytes = 900_000
/** For a hole in a text whose value is not known: the longest secret that is generated. */
const holeBytes = 512
/** What a variable, file or mount takes beside its texts: its fields, and who manages each of them. */
const entryBytes = 128

type Values = Readonly<Record<string, string>>

/** Bytes of a service's variables, texts and files, at most; with the parameters of an order where they are known. */
export function bytesOf(service: ServiceSpec, parameters: Values = {}): number {
  const templates = [
    ...service.environment.map(({ value }) => value),
    ...service.files.map(({ content }) => content),
    ...(service.command ?? []),
    ...(service.args ?? []),
    ...(service.healthcheck?.command ?? []),
  ]
  const names = [
    ...service.environment.map(({ name }) => name),
    ...[...service.files, ...service.mounts, ...service.tmpfs].map(({ path }) => path),
  ]
  return (
    templates.reduce((sum, template) => sum + sizeOf(template, parameters), 0) +
    // A name stands in the entry and in what is written of its managers.
    names.reduce((sum, name) => sum + 2 * Buffer.byteLength(name) + entryBytes, 0)
  )
}

/** Which service these parameters make larger than a cluster stores, in a sentence; undefined where none is. */
export function excessOf({ services }: WorkloadSpec, parameters: Values): string | undefined {
  for (const service of services) {
    const bytes = bytesOf(service, parameters)
    if (bytes > mostBytes)
      return `With these values, variables, texts and files of ${service.name} come to ${bytes} bytes, and a cluster stores ${mostBytes} of them.`
  }
  return undefined
}

const sizeOf = (template: ValueTemplate, parameters: Values): number =>
  template.reduce((sum, part) => {
    if (typeof part === 'string') return sum + Buffer.byteLength(part)
    if ('choose' in part) return sum + sizeOf(part.then, parameters) + sizeOf(part.otherwise, parameters)
    return sum + ('parameter' in part ? parameterBytes(part.parameter, parameters) : holeBytes)
  }, 0)

const parameterBytes = (name: string, parameters: Values): number =>
  Object.hasOwn(parameters, name) ? Buffer.byteLength(parameters[name] ?? '') : holeBytes
