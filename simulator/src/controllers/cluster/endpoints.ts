/** Endpoints and EndpointSlices of services with a selector (k8s.io/kubernetes/pkg/controller/endpoint, endpointslice). */
import { equal } from '../../json.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'
import { type EndpointAddress, type Endpoints, type Pod, type Service } from '../shared/kinds.ts'
import { controllerReference, isReady } from '../shared/pods.ts'
import { addressOf, type EndpointPort, hasEndpoint, isServing, portsOn, selects } from './endpoint-ports.ts'

const SLICE_SIZE = 100
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const slices = 'endpointslices.discovery.k8s.io'

export function startEndpoints(deps: Deps): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  changes.on('services', ({ type, object, previous }) => {
    if (
      type !== 'MODIFIED' ||
      !equal(previous?.spec, object.spec) ||
      !equal(previous?.metadata.labels, object.metadata.labels)
    )
      queue.add(keyOf(object))
  })
  changes.on('pods', ({ type, object, previous }) => {
    if (type === 'MODIFIED' && previous && trace(previous) === trace(object)) return
    if (!hasEndpoint(object) && !(previous && hasEndpoint(previous))) return
    for (const service of cluster.list('services', object.metadata.namespace))
      if (selects(service, object.metadata.labels) || (previous && selects(service, previous.metadata.labels)))
        queue.add(keyOf(service))
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const service = cluster.get('services', namespace, name)
    if (!service) {
      const endpoints = cluster.get('endpoints', namespace, name)
      if (endpoints) cluster.delete('endpoints', endpoints)
      return queue.forget(key)
    }
    if (!service.spec.selector || service.metadata.deletionTimestamp !== undefined) return
    const pods = cluster
      .list('pods', namespace)
      .filter((pod) => selects(service, pod.metadata.labels) && hasEndpoint(pod))
    writeEndpoints(
      service,
      pods.filter((pod) => pod.metadata.deletionTimestamp === undefined || service.spec.publishNotReadyAddresses),
    )
    writeSlices(service, pods)
  }

  function writeEndpoints(service: Service, pods: readonly Pod[]): void {
    const { name, namespace } = service.metadata
    const subsets = subsetsOf(service, pods)
    const found = cluster.get('endpoints', namespace, name)
    const labels = {
      ...service.metadata.labels,
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
      ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
    }
    if (!found) {
      const metadata = { name, namespace, labels }
      cluster.create('endpoints', {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata,
        ...(subsets.length > 0 ? { subsets } : {}),
      })
    } else if (!equal(found.subsets ?? [], subsets) || !equal(found.metadata.labels, labels)) {
      cluster.update('endpoints', { ...found, metadata: { ...found.metadata, labels }, subsets })
    }
  }

  function writeSlices(service: Service, pods: readonly Pod[]): void {
    const owned = [...cluster.owned(slices, service.metadata.uid)]
    owned.sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))
    const wanted = slicesOf(service, pods, zoneOf)
    for (const [index, { endpoints, ports }] of wanted.entries()) {
      const found = owned[index]
      if (!found) create(service, endpoints, ports)
      else if (!equal(found.endpoints ?? [], endpoints) || !equal(found.ports ?? [], ports))
        cluster.update(slices, { ...found, endpoints, ports })
    }
    for (const surplus of owned.slice(wanted.length)) cluster.delete(slices, surplus)
  }

  function create(service: Service, endpoints: unknown[], ports: unknown[]): void {
    const { name, namespace, labels } = service.metadata
    cluster.create(slices, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels: {
          ...labels,
          [MANAGED_BY]: 'endpointslice-controller.k8s.io',
          'kubernetes.io/service-name': name,
          ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
        },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      endpoints,
      ports,
    })
  }

  function zoneOf(node: string | undefined): string | undefined {
    return node === undefined
      ? undefined
      : cluster.get('nodes', undefined, node)?.metadata.labels?.['topology.kubernetes.io/zone']
  }
}

/** What of a pod an endpoint shows. */
function trace(pod: Pod): string {
  const { labels, deletionTimestamp } = pod.metadata
  return `${isReady(pod)} ${hasEndpoint(pod)} ${pod.status?.podIP} ${deletionTimestamp} ${JSON.stringify(labels)}`
}

/** Addresses by the ports that they have. */
function subsetsOf(service: Service, pods: readonly Pod[]): NonNullable<Endpoints['subsets']> {
  const byPorts = new Map<
    string,
    { ports: EndpointPort[]; addresses: EndpointAddress[]; notReady: EndpointAddress[] }
  >()
  for (const pod of pods) {
    const ports = portsOn(service, pod)
    if (ports.length === 0 && service.spec.ports?.length) continue
    const key = JSON.stringify(ports)
    const group = byPorts.get(key) ?? { ports, addresses: [], notReady: [] }
    byPorts.set(key, group)
    const list = isServing(service, pod) ? group.addresses : group.notReady
    list.push(addressOf(service, pod))
  }
  return [...byPorts.values()].map(({ ports, addresses, notReady }) => ({
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }))
}

/** Slices of at most 100 endpoints with the same ports; an empty one when there is nothing. */
function slicesOf(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (node: string | undefined) => string | undefined,
): { endpoints: unknown[]; ports: EndpointPort[] }[] {
  const byPorts = new Map<string, { endpoints: unknown[]; ports: EndpointPort[] }[]>()
  for (const pod of pods) {
    const ports = portsOn(service, pod)
    const key = JSON.stringify(ports)
    const chain = byPorts.get(key) ?? []
    byPorts.set(key, chain)
    let last = chain.at(-1)
    if (!last || last.endpoints.length >= SLICE_SIZE) chain.push((last = { endpoints: [], ports }))
    const { ip, ...address } = addressOf(service, pod)
    const terminating = pod.metadata.deletionTimestamp !== undefined
    const serving = isServing(service, pod)
    const zone = zoneOf(pod.spec.nodeName)
    const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
    const conditions = { ready, serving, terminating }
    last.endpoints.push({ addresses: [ip], conditions, ...address, ...(zone === undefined ? {} : { zone }) })
  }
  const all = [...byPorts.values()].flat()
  return all.length > 0 ? all : [{ endpoints: [], ports: [] }]
}
