/** Defaults of a pod spec (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go). Objects are completed in place. */
import { asObjects, isObject, type JsonObject } from '../json.ts'

/** Sets a field that is absent. */
export function setDefault(object: JsonObject, field: string, value: unknown): void {
  if (object[field] === undefined) object[field] = value
}

function pullPolicy(image: unknown): string {
  if (typeof image !== 'string') return 'IfNotPresent'
  const name = image.slice(image.lastIndexOf('/') + 1)
  if (name.includes('@')) return 'IfNotPresent'
  const tag = name.split(':')[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: unknown): void {
  if (!isObject(probe)) return
  setDefault(probe, 'timeoutSeconds', 1)
  setDefault(probe, 'periodSeconds', 10)
  setDefault(probe, 'successThreshold', 1)
  setDefault(probe, 'failureThreshold', 3)
  defaultHttpGet(probe.httpGet)
  if (isObject(probe.grpc)) setDefault(probe.grpc, 'service', '')
}

function defaultHttpGet(action: unknown): void {
  if (!isObject(action)) return
  setDefault(action, 'path', '/')
  setDefault(action, 'scheme', 'HTTP')
}

/** A limit without a request is also the request. */
function defaultRequests(container: JsonObject): void {
  const resources = container.resources
  if (!isObject(resources) || !isObject(resources.limits)) return
  resources.requests = { ...resources.limits, ...(isObject(resources.requests) ? resources.requests : {}) }
}

function defaultContainer(container: JsonObject): void {
  setDefault(container, 'imagePullPolicy', pullPolicy(container.image))
  setDefault(container, 'resources', {})
  setDefault(container, 'terminationMessagePath', '/dev/termination-log')
  setDefault(container, 'terminationMessagePolicy', 'File')
  for (const port of asObjects(container.ports)) setDefault(port, 'protocol', 'TCP')
  for (const variable of asObjects(container.env)) defaultVariable(variable)
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[probe])
  if (isObject(container.lifecycle)) {
    for (const hook of ['postStart', 'preStop']) {
      const handler = container.lifecycle[hook]
      if (isObject(handler)) defaultHttpGet(handler.httpGet)
    }
  }
}

function defaultVariable(variable: JsonObject): void {
  const from = variable.valueFrom
  if (isObject(from) && isObject(from.fieldRef)) setDefault(from.fieldRef, 'apiVersion', 'v1')
}

const fileMode = 0o644

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).length === 1) volume.emptyDir = {}
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const found = volume[source]
    if (isObject(found)) setDefault(found, 'defaultMode', fileMode)
  }
  if (isObject(volume.hostPath)) setDefault(volume.hostPath, 'type', '')
  if (isObject(volume.projected)) {
    for (const { serviceAccountToken } of asObjects(volume.projected.sources)) {
      if (isObject(serviceAccountToken)) setDefault(serviceAccountToken, 'expirationSeconds', 3600)
    }
  }
}

/** Completes a pod spec in place; `isPod` for pods themselves, whose requests are derived from limits. */
export function defaultPodSpec(spec: JsonObject, isPod: boolean): void {
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of asObjects(spec[list])) {
      defaultContainer(container)
      if (isPod) defaultRequests(container)
    }
  }
  for (const volume of asObjects(spec.volumes)) defaultVolume(volume)
  setDefault(spec, 'restartPolicy', 'Always')
  setDefault(spec, 'terminationGracePeriodSeconds', 30)
  setDefault(spec, 'dnsPolicy', 'ClusterFirst')
  setDefault(spec, 'securityContext', {})
  setDefault(spec, 'schedulerName', 'default-scheduler')
  if (spec.serviceAccountName && !spec.serviceAccount) spec.serviceAccount = spec.serviceAccountName
  if (spec.serviceAccount && !spec.serviceAccountName) spec.serviceAccountName = spec.serviceAccount
  if (isPod) setDefault(spec, 'enableServiceLinks', true)
  for (const constraint of asObjects(spec.topologySpreadConstraints)) {
    if (isPod || constraint.labelSelector) setDefault(constraint, 'whenUnsatisfiable', 'DoNotSchedule')
  }
}
