import { isIP } from 'node:net'
import type { ServiceSpec } from '../spec.ts'
import { readAskedResources, type AskedResources } from './asked-resources.ts'
import { readCommands } from './commands.ts'
import { readConfigFiles, type Declared } from './configs.ts'
import { readDependencies } from './dependencies.ts'
import { readEnvironment, type SiteDeclaration } from './environment.ts'
import { readHealthcheck, readSeconds } from './healthcheck.ts'
import { checkServiceKeys } from './keys.ts'
import { readNameService } from './name-service.ts'
import { checkNetworks } from './networks.ts'
import { child, isRecord, type Node } from './node.ts'
import { readArchitecture } from './platform.ts'
import { readPorts } from './ports.ts'
import { readCapabilities, readGroups, readSecurityOptions, readSysctls, readUser } from './privileges.ts'
import type { Reader } from './reader.ts'
import { wordOf } from './shape.ts'
import type { VolumeNames } from './volume-names.ts'
import { readVolumes } from './volumes.ts'
import type { XBerth } from './x-berth.ts'

/** What all services of a document are read with. */
export type Surroundings = {
  readonly reader: Reader
  readonly labels: ReadonlyMap<string, string>
  readonly leftOut: ReadonlySet<string>
  readonly volumeNames: VolumeNames
  readonly configs: Declared
  readonly secrets: Declared
  readonly networks: ReadonlySet<string>
  readonly xBerth: XBerth
}

/** A service by itself, before it is known what the others make of it. */
export type Draft = {
  readonly node: Node
  readonly service: Omit<ServiceSpec, 'kind' | 'weights' | 'replicas' | 'aliases'>
  readonly asked: AskedResources
  readonly declarations: readonly SiteDeclaration[]
  readonly runsOnce: boolean | undefined
  readonly volumesFrom: readonly string[]
}

export function readService(original: string, node: Node, surroundings: Surroundings): Draft {
  const { reader, labels, xBerth } = surroundings
  const name = labels.get(original) ?? original
  const extra = Object.hasOwn(xBerth.services, original) ? xBerth.services[original] : undefined
  checkServiceKeys(node, reader)
  checkNetworks(node, surroundings.networks, reader)
  const { variables, declarations } = readEnvironment(node, name, reader)
  const { check, disabled } = readHealthcheck(node, name, reader)
  const { mounts, files, tmpfs } = readVolumes(node, name, surroundings.volumeNames, reader)
  const userNode =
    extra?.user === undefined
      ? child(node, 'user')
      : { value: extra.user, path: ['x-berth', 'services', original, 'user'] }
  const user = userNode && readUser(userNode, reader)
  const workingDir = fixedText(node, 'working_dir', reader)
  const hostname = hostnameOf(node, reader)
  const nameService = readNameService(node, reader)
  const architecture = readArchitecture(node, reader)
  const grace = readSeconds(node, 'stop_grace_period', reader)
  return {
    node,
    service: {
      name,
      image: readImage(node, reader),
      ...readCommands(node, name, reader),
      ...(workingDir !== undefined && { workingDir }),
      ...(hostname !== undefined && { hostname }),
      environment: variables,
      ports: readPorts(node, reader),
      mounts,
      files: [
        ...files,
        ...readConfigFiles(node, 'configs', surroundings.configs, reader),
        ...readConfigFiles(node, 'secrets', surroundings.secrets, reader),
      ],
      tmpfs,
      ...(check && { healthcheck: check }),
      healthcheckDisabled: disabled,
      dependsOn: readDependencies(node, labels, surroundings.leftOut, reader),
      ...(user && { user }),
      groups: readGroups(node, reader),
      readOnly: flagOf(node, 'read_only', reader),
      ...readSecurityOptions(node, reader),
      capabilities: readCapabilities(node, reader),
      sysctls: readSysctls(node, reader),
      hosts: readHosts(node, reader),
      ...(nameService && { nameService }),
      ...(flagOf(node, 'tty', reader) && { tty: true }),
      ...(flagOf(node, 'stdin_open', reader) && { stdin: true }),
      ...(architecture !== undefined && { architecture }),
      clustered: extra?.clustered ?? false,
      ...(grace !== undefined && { stopGracePeriodSeconds: Math.ceil(grace) }),
    },
    asked: readAskedResources(node, reader),
    declarations,
    runsOnce: extra?.run === undefined ? isRunOnce(node, reader) : extra.run === 'once',
    volumesFrom: readVolumesFrom(node, reader),
  }
}

/** `[host[:port]/]path[:tag][@digest]`: the grammar of references to images, which container runtimes hold names to. */
const imagePart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const imagePattern = new RegExp(
  `^(?:[A-Za-z0-9](?:[-.A-Za-z0-9]*[A-Za-z0-9])?(?::\\d{1,5})?/)?${imagePart}(?:/${imagePart})*(?::[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
)

function readImage(node: Node, reader: Reader): string {
  const image = child(node, 'image')
  const text = image && reader.fixed(image)?.trim()
  if (!image) {
    // A service that is built elsewhere was refused for that already.
    if (!child(node, 'build')) reader.report.refuse('IMAGE_MISSING', node.path, 'The service names no image.')
    return ''
  }
  if (text === undefined || text.length > 400 || !imagePattern.test(text)) {
    reader.report.refuse('IMAGE_INVALID', image.path, `"${(text ?? '').slice(0, 100)}" is not the name of an image.`)
  }
  return text ?? ''
}

const fixedText = (node: Node, key: string, reader: Reader): string | undefined => {
  const inner = child(node, key)
  return (inner && reader.fixed(inner)) || undefined
}

const flagOf = (node: Node, key: string, reader: Reader): boolean => {
  const inner = child(node, key)
  return inner !== undefined && reader.flag(inner) === true
}

/** RFC 1123 label: what Kubernetes takes. */
function hostnameOf(node: Node, reader: Reader): string | undefined {
  const hostname = child(node, 'hostname')
  const text = hostname && reader.fixed(hostname)?.toLowerCase()
  if (!hostname || !text) return undefined
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text
  reader.report.warn('KEY_IGNORED', hostname.path, `"${text}" cannot be a host name.`)
  return undefined
}

/** Only what is said outright: whether others wait for its end is found out later. */
function isRunOnce(node: Node, reader: Reader): boolean | undefined {
  const restart = child(node, 'restart')
  // `no` without quotes is a boolean in the YAML that many editors write.
  const text = restart && (restart.value === false ? 'no' : reader.fixed(restart))
  if (restart && text !== undefined && !/^(|no|always|unless-stopped|on-failure(:\d{1,4})?)$/.test(text))
    reader.report.refuse('VALUE_INVALID', restart.path, `"${text.slice(0, 60)}" is not a way to restart.`)
  if (text === 'no' || flagOf(node, 'exclude_from_hc', reader)) return true
  return isDeployedOnce(node, reader) ?? (text ? false : undefined)
}

/** Swarm's words for the same. */
function isDeployedOnce(node: Node, reader: Reader): boolean | undefined {
  const deploy = child(node, 'deploy')
  if (!deploy || !isRecord(deploy.value)) return undefined
  const mode = wordOf(deploy, 'mode', ['replicated', 'global', 'replicated-job', 'global-job'], reader)
  const policy = child(deploy, 'restart_policy')
  const condition = policy && wordOf(policy, 'condition', ['none', 'on-failure', 'any'], reader)
  return mode?.endsWith('-job') || condition === 'none' ? true : undefined
}

/** `name:address`, as a list or a map. The host itself has no address here. */
function readHosts(service: Node, reader: Reader): ServiceSpec['hosts'] {
  const node = child(service, 'extra_hosts')
  if (!node) return []
  const pairs: [string, string, Node][] = isRecord(node.value)
    ? reader.map(node).map(([name, inner]) => [name, reader.fixed(inner) ?? '', inner])
    : reader.list(node).map((inner) => {
        const [, name = '', address = ''] = /^([^:=]*)[:=](.*)$/.exec(reader.fixed(inner) ?? '') ?? []
        return [name.trim(), address.trim(), inner]
      })
  return pairs.flatMap(([name, address, inner]) => {
    if (isIP(address.replace(/^\[(.*)\]$/, '$1')) !== 0 && /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(name))
      return [{ name, address: address.replace(/^\[(.*)\]$/, '$1') }]
    reader.report.warn('KEY_IGNORED', inner.path, `"${name}" cannot be given the address "${address}".`)
    return []
  })
}

function readVolumesFrom(service: Node, reader: Reader): string[] {
  const list = child(service, 'volumes_from')
  return (list ? reader.list(list) : []).flatMap((node) => {
    const text = reader.fixed(node)?.split(':', 1)[0]
    return text ? [text] : []
  })
}
