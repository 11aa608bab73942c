import { parseBytes } from './amounts.ts'
import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys } from './shape.ts'

/** What a service asks for: cpu in cores and memory in bytes are its weights, where it asks at all. */
export type AskedResources = { readonly cpus?: number; readonly memoryBytes?: number; readonly replicas?: number }

const ignoredDeployKeys = ['labels', 'placement', 'update_config', 'rollback_config', 'endpoint_mode']
/** `mode` and `restart_policy` say whether a service runs once: `service.ts` reads them. */
const deployKeys = new Set(['resources', 'replicas', 'mode', 'restart_policy', ...ignoredDeployKeys])
const resourceKeys = {
  limits: new Set(['cpus', 'memory', 'pids', 'devices']),
  reservations: new Set(['cpus', 'memory', 'devices', 'generic_resources']),
}

/** `deploy`, and the older keys that say the same beside it. */
export function readAskedResources(service: Node, reader: Reader): AskedResources {
  const deploy = child(service, 'deploy')
  if (deploy) checkDeploy(deploy, reader)
  const resources = deploy && child(deploy, 'resources')
  const limits = resources && child(resources, 'limits')
  const reservations = resources && child(resources, 'reservations')
  const devices = reservations && child(reservations, 'devices')
  if (devices) reader.report.refuse('DEVICE_NOT_ALLOWED', devices.path, 'The devices of the node are not given away.')

  for (const ignored of [limits && child(limits, 'pids'), reservations && child(reservations, 'generic_resources')]) {
    if (ignored)
      reader.report.warn(
        'KEY_IGNORED',
        ignored.path,
        `"deploy.resources.${String(ignored.path.slice(-2).join('.'))}" has no effect here.`,
      )
  }

  const cpus = firstOf([limits, 'cpus'], [reservations, 'cpus'], [service, 'cpus'])
  const memory = firstOf(
    [limits, 'memory'],
    [reservations, 'memory'],
    [service, 'mem_limit'],
    [service, 'mem_reservation'],
  )
  const replicas = firstOf([deploy, 'replicas'], [service, 'scale'])
  const asked = {
    cpus: cpus && positive(cpus, reader, Number),
    memoryBytes: memory && positive(memory, reader, (text) => parseBytes(text) ?? Number.NaN),
    replicas: replicas && whole(replicas, reader),
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

/** The keys of `deploy` and of what is in it. Swarm places, updates and rolls back; a cluster has its own ways. */
function checkDeploy(deploy: Node, reader: Reader): void {
  checkKeys(deploy, deployKeys, '"deploy"', reader)
  for (const key of ignoredDeployKeys) {
    const node = child(deploy, key)
    if (node) reader.report.warn('KEY_IGNORED', node.path, `"deploy.${key}" has no effect here.`)
  }
  const resources = child(deploy, 'resources')
  if (!resources) return
  checkKeys(resources, new Set(['limits', 'reservations']), '"deploy.resources"', reader)
  for (const [key, known] of Object.entries(resourceKeys)) {
    const amounts = child(resources, key)
    if (amounts) checkKeys(amounts, known, `"deploy.resources.${key}"`, reader)
  }
}

function firstOf(...places: [Node | undefined, string][]): Node | undefined {
  for (const [node, key] of places) {
    const found = node && child(node, key)
    if (found) return found
  }
  return undefined
}

/** Zero says "no limit" in Compose, which as a weight says nothing. */
function positive(node: Node, reader: Reader, parse: (text: string) => number): number | undefined {
  const text = reader.fixed(node)
  if (text === undefined) return undefined
  const amount = text.trim() === '' ? Number.NaN : parse(text)
  if (Number.isFinite(amount) && amount >= 0 && amount < 2 ** 50) return amount === 0 ? undefined : amount
  reader.report.refuse('NUMBER_INVALID', node.path, `"${text}" is not an amount.`)
  return undefined
}

function whole(node: Node, reader: Reader): number | undefined {
  const text = reader.fixed(node)
  if (text === undefined || (/^\d{1,3}$/.test(text) && Number(text) <= 100))
    return text === undefined ? undefined : Number(text)
  reader.report.refuse('NUMBER_INVALID', node.path, `"${text}" is not a number of copies from 0 to 100.`)
  return undefined
}
