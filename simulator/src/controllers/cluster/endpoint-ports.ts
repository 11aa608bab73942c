/** Where a service's ports lead on a pod. Pure. */
import { asString, at } from '../../json.ts'
import { type EndpointAddress, type Pod, type Service } from '../shared/kinds.ts'
import { isFinished, isReady } from '../shared/pods.ts'

export type EndpointPort = { name?: string; port: number; protocol: string; appProtocol?: string }

/** The ports on this pod, named ones looked up in its containers; ports that it does not have are left out. */
export function portsOn(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap(({ name, port, targetPort, protocol = 'TCP', appProtocol }) => {
    const number = typeof targetPort === 'string' ? namedPort(pod, targetPort, protocol) : targetPort || port
    if (number === undefined) return []
    return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }]
  })
}

function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  const containers = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always'),
  ]
  for (const { ports } of containers)
    for (const port of ports ?? [])
      if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort
  return undefined
}

/** Whether a pod is among a service's endpoints at all. */
export function hasEndpoint(pod: Pod): boolean {
  return pod.status?.podIP !== undefined && !isFinished(pod)
}

export function selects(service: Service, labels: Record<string, string> | undefined): boolean {
  const { selector } = service.spec
  if (!selector || Object.keys(selector).length === 0) return false
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value)
}

/** Ready for traffic, or meant to get it anyway. */
export function isServing(service: Service, pod: Pod): boolean {
  return service.spec.publishNotReadyAddresses === true || isReady(pod)
}

/** The address of a pod; its hostname only where the service is the one that gives it a name in DNS. */
export function addressOf(service: Service, pod: Pod): EndpointAddress {
  const hostname = pod.spec.subdomain === service.metadata.name ? asString(pod.spec.hostname) : undefined
  return {
    ip: asString(at(pod.status, 'podIP')) ?? '',
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  }
}
