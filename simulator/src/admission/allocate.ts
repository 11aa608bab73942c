/** Cluster addresses and node ports of services, from the ranges 10.96.0.0/16 and 30000-32767. */
import { type Write } from '../api/request.ts'
import { type FieldError, invalid, invalidValue } from '../errors.ts'
import { asObject, asObjects, asString, at, isObject, type JsonObject } from '../json.ts'
import { type Store } from '../store.ts'

/** Throws 422 for an address or a port that someone else has. */
export type Allocator = { allocate: (write: Write) => void; onUpdate: (write: Write) => void }

const firstPort = 30_000
const ports = 2_768

export function createAllocator(store: Store): Allocator {
  const addresses = new Set<string>()
  const nodePorts = new Set<number>()
  let nextAddress = 1
  let nextPort = 0

  function occupy(spec: unknown): void {
    const address = at(spec, 'clusterIP')
    if (typeof address === 'string') addresses.add(address)
    for (const { nodePort } of asObjects(at(spec, 'ports'))) if (typeof nodePort === 'number') nodePorts.add(nodePort)
  }

  store.subscribeTo('services', ({ type, object, previous }) => {
    const old = asObject(previous?.spec)
    if (typeof old.clusterIP === 'string') addresses.delete(old.clusterIP)
    for (const { nodePort } of asObjects(old.ports)) if (typeof nodePort === 'number') nodePorts.delete(nodePort)
    if (type !== 'DELETED') occupy(object.spec)
  })
  for (const service of store.list('services')) occupy(service.spec)

  function freeAddress(): string {
    for (;;) {
      nextAddress = (nextAddress % 65_000) + 1
      const address = `10.96.${nextAddress >> 8}.${nextAddress & 255}`
      if ((nextAddress & 255) !== 0 && (nextAddress & 255) !== 255 && !addresses.has(address)) return address
    }
  }

  function freePort(): number {
    for (let tries = 0; tries < ports; tries++) {
      nextPort = (nextPort + 1) % ports
      if (!nodePorts.has(firstPort + nextPort)) return firstPort + nextPort
    }
    return firstPort
  }

  function requireFree(write: Write, spec: JsonObject): void {
    const old = write.previous?.spec
    const errors: FieldError[] = []
    const address = asString(spec.clusterIP) ?? ''
    if (address && address !== 'None' && address !== at(old, 'clusterIP') && addresses.has(address)) {
      const why = `failed to allocate IP ${address}: provided IP is already allocated`
      errors.push(invalidValue('spec.clusterIPs', [address], why))
    }
    const own = new Set(asObjects(at(old, 'ports')).map((each) => each.nodePort))
    asObjects(spec.ports).forEach(({ nodePort }, index) => {
      if (typeof nodePort !== 'number' || own.has(nodePort) || !nodePorts.has(nodePort)) return
      errors.push(invalidValue(`spec.ports[${index}].nodePort`, nodePort, 'provided port is already allocated'))
    })
    if (errors.length) throw invalid(write.resource, write.object.metadata.name, errors)
  }

  function assign(spec: JsonObject): void {
    if (spec.type === 'ExternalName') return
    if (!spec.clusterIP) spec.clusterIP = freeAddress()
    spec.clusterIPs ??= [spec.clusterIP]
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return
    if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return
    for (const port of asObjects(spec.ports)) port.nodePort ??= freePort()
  }

  return {
    allocate(write) {
      const { resource, object } = write
      if (resource.key !== 'services' || !isObject(object.spec)) return
      requireFree(write, object.spec)
      assign(object.spec)
    },
    onUpdate(write) {
      const { resource, object, previous, subresource } = write
      if (resource.key !== 'services' || !previous || subresource !== '' || !isObject(object.spec)) return
      requireFree(write, object.spec)
      assign(object.spec)
    },
  }
}
