import { createHash } from 'node:crypto'
import type {
  FileSpec,
  HealthcheckSpec,
  Mount,
  ParameterSpec,
  ServiceSpec,
  ValuePart,
  ValueTemplate,
  WorkloadSpec,
} from '../../../workload/spec.ts'

export const differenceKinds = [
  'service',
  'image',
  'kind',
  'volume',
  'mount',
  'file',
  'port',
  'variable',
  'parameter',
  'endpoint',
  'user',
  'command',
  'healthcheck',
  'isolation',
] as const

/** What differs between two templates, in the terms of who runs them. Pure. */
export type Difference = {
  change: 'added' | 'removed' | 'changed'
  what: (typeof differenceKinds)[number]
  /** The service that it is in; absent for what belongs to the whole. */
  service?: string
  name: string
  before?: string
  after?: string
}

export function compareSpecs(before: WorkloadSpec, after: WorkloadSpec): Difference[] {
  const [old, fresh] = [byName(before.services), byName(after.services)]
  const services = compareMaps('service', map(before.services, imageOf), map(after.services, imageOf)).filter(
    ({ change }) => change !== 'changed',
  )
  const within = [...fresh].flatMap(([name, service]) => {
    const former = old.get(name)
    return former ? compareServices(former, service) : []
  })
  return [
    ...services,
    ...within,
    ...compareMaps('volume', map(before.volumes, shareOf), map(after.volumes, shareOf)),
    ...compareMaps('parameter', map(before.parameters, parameterOf), map(after.parameters, parameterOf)),
    ...compareMaps('endpoint', map(before.expose, endpointOf), map(after.expose, endpointOf)),
    ...compareMaps('isolation', new Map([['isolation', before.isolation]]), new Map([['isolation', after.isolation]])),
  ]
}

const byName = <Item extends { name: string }>(items: readonly Item[]): Map<string, Item> =>
  new Map(items.map((item) => [item.name, item]))
const map = <Item extends { name: string }>(
  items: readonly Item[],
  textOf: (item: Item) => string,
): Map<string, string> => new Map(items.map((item) => [item.name, textOf(item)]))

const imageOf = ({ image }: ServiceSpec): string => image
const shareOf = ({ share }: WorkloadSpec['volumes'][number]): string => `share ${share}`
const endpointOf = ({ service, port, protocol, path }: WorkloadSpec['expose'][number]): string =>
  `${protocol} ${service}:${port}${path}`

/** With what it says, as its author would write it. */
const parameterOf = ({ name: _, ...rest }: ParameterSpec): string =>
  Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => (value === true ? key : `${key}: ${[value].flat().join(' | ')}`))
    .join(', ')

const mountOf = ({ volume, subPath, readOnly }: Mount): string =>
  `${volume}${subPath === undefined ? '' : `/${subPath}`}${readOnly ? ', read only' : ''}`
/** Its text may be long: the patch has it. */
const fileOf = ({ mode, content }: FileSpec): string => {
  const digest = createHash('sha256').update(writeTemplate(content)).digest('hex').slice(0, 8)
  return `mode ${mode.toString(8)}, text ${digest}`
}
const healthcheckOf = ({ command, ...times }: HealthcheckSpec): string =>
  [command.map(writeTemplate).join(' '), ...Object.entries(times).map(([key, value]) => `${key}: ${value}`)].join(', ')
const byPath = <Item extends { path: string }>(items: readonly Item[], textOf: (item: Item) => string) =>
  new Map(items.map((item) => [item.path, textOf(item)]))

function compareServices(before: ServiceSpec, after: ServiceSpec): Difference[] {
  const whole = (read: (service: ServiceSpec) => string): [Map<string, string>, Map<string, string>] => [
    new Map([[before.name, read(before)]]),
    new Map([[after.name, read(after)]]),
  ]
  const portsOf = ({ ports }: ServiceSpec) =>
    new Map(ports.map(({ port, protocol, published }) => [`${port}/${protocol}`, published ? 'published' : 'internal']))
  const variablesOf = ({ environment }: ServiceSpec) =>
    new Map(environment.map(({ name, value }) => [name, writeTemplate(value)]))
  return [
    ...compareMaps('image', ...whole(imageOf)),
    ...compareMaps('command', ...whole(commandOf)),
    ...compareMaps('user', ...whole(({ user }) => (user ? `${user.uid}:${user.gid ?? ''}` : ''))),
    ...compareMaps('kind', ...whole(({ kind, replicas }) => `${kind}, copies: ${replicas}`)),
    ...compareMaps('healthcheck', ...whole(({ healthcheck }) => (healthcheck ? healthcheckOf(healthcheck) : ''))),
    ...compareMaps('mount', byPath(before.mounts, mountOf), byPath(after.mounts, mountOf)),
    ...compareMaps('file', byPath(before.files, fileOf), byPath(after.files, fileOf)),
    ...compareMaps('port', portsOf(before), portsOf(after)),
    ...compareMaps('variable', variablesOf(before), variablesOf(after)),
  ].map((difference) => ({ ...difference, service: after.name }))
}

const commandOf = ({ command = [], args = [] }: ServiceSpec): string =>
  [...command, ...args].map(writeTemplate).join(' ')

function compareMaps(
  what: Difference['what'],
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Difference[] {
  const removed = [...before].filter(([name]) => !after.has(name))
  const found: Difference[] = removed.map(([name, text]) => ({ change: 'removed', what, name, before: text }))
  for (const [name, text] of after) {
    const former = before.get(name)
    if (former === undefined) found.push({ change: 'added', what, name, after: text })
    else if (former !== text) found.push({ change: 'changed', what, name, before: former, after: text })
  }
  return found
}

/** As it might stand in the template: holes as variables, never values. */
const writeTemplate = (template: ValueTemplate): string => template.map(writePart).join('')

function writePart(part: ValuePart): string {
  if (typeof part === 'string') return part
  if ('choose' in part)
    return `\${${part.choose}${part.when === 'set' ? '?' : ':?'}${writeTemplate(part.then)}|${writeTemplate(part.otherwise)}}`
  return `\${${Object.values(part).join('')}}`
}
