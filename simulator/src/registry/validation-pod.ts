/** What a pod spec must have (k8s.io/kubernetes/pkg/apis/core/validation), as far as manifests commonly get it wrong. */
import { duplicate, type FieldError, invalidValue, notAllowed, notSupported, required } from '../errors.ts'
import { asArray, asObject, asObjects, asString, at, copy, equal, isObject, type JsonObject } from '../json.ts'
import { compareQuantity } from '../quantity.ts'
import { checkLabelName } from './names.ts'

const protocols = ['SCTP', 'TCP', 'UDP']
const pullPolicies = ['Always', 'IfNotPresent', 'Never']

function checkPorts(field: string, ports: readonly JsonObject[]): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<unknown>()
  ports.forEach((port, index) => {
    const here = `${field}[${index}]`
    const number = port.containerPort
    if (number === undefined) errors.push(required(`${here}.containerPort`))
    else if (typeof number === 'number' && (number < 1 || number > 65_535)) {
      errors.push(invalidValue(`${here}.containerPort`, number, 'must be between 1 and 65535, inclusive'))
    }
    if (!protocols.includes(asString(port.protocol) ?? ''))
      errors.push(notSupported(`${here}.protocol`, port.protocol, protocols))
    if (port.name === undefined) return
    if (names.has(port.name)) errors.push(duplicate(`${here}.name`, port.name))
    names.add(port.name)
    if (typeof port.name === 'string' && port.name.length > 15) {
      errors.push(invalidValue(`${here}.name`, port.name, 'must be no more than 15 characters'))
    }
  })
  return errors
}

const isResourceName = (name: string): boolean =>
  ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-') || name.includes('/')

function checkResources(field: string, resources: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  const limits = asObject(resources.limits)
  for (const [side, list] of [
    ['limits', limits],
    ['requests', asObject(resources.requests)],
  ] as const) {
    for (const [name, value] of Object.entries(list)) {
      if (!isResourceName(name)) {
        const detail = 'must be a standard resource type or fully qualified'
        errors.push(invalidValue(`${field}.${side}[${name}]`, name, detail))
      }
      if (compareQuantity(value, '0') < 0) {
        errors.push(invalidValue(`${field}.${side}[${name}]`, value, 'must be greater than or equal to 0'))
      }
    }
  }
  for (const [name, request] of Object.entries(asObject(resources.requests))) {
    if (limits[name] !== undefined && compareQuantity(request, limits[name]) > 0) {
      errors.push(
        invalidValue(
          `${field}.requests`,
          request,
          `must be less than or equal to ${name} limit of ${asString(limits[name]) ?? ''}`,
        ),
      )
    }
  }
  return errors
}

function checkMounts(field: string, container: JsonObject, volumes: ReadonlySet<unknown>): FieldError[] {
  const errors: FieldError[] = []
  const paths = new Set<unknown>()
  asObjects(container.volumeMounts).forEach((mount, index) => {
    const here = `${field}.volumeMounts[${index}]`
    if (!mount.name) errors.push(required(`${here}.name`))
    else if (!volumes.has(mount.name)) {
      errors.push({
        reason: 'FieldValueNotFound',
        field: `${here}.name`,
        message: `Not found: ${JSON.stringify(mount.name)}`,
      })
    }
    if (!mount.mountPath) errors.push(required(`${here}.mountPath`))
    if (paths.has(mount.mountPath)) errors.push(invalidValue(`${here}.mountPath`, mount.mountPath, 'must be unique'))
    paths.add(mount.mountPath)
  })
  return errors
}

function checkProbe(field: string, probe: JsonObject, kind: string): FieldError[] {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((handler) => probe[handler] !== undefined)
  const errors = handlers
    .slice(1)
    .map((handler) => notAllowed(`${field}.${handler}`, 'may not specify more than 1 handler type'))
  if (handlers.length === 0) errors.push(required(field, 'must specify a handler type'))
  if (kind !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1) {
    errors.push(invalidValue(`${field}.successThreshold`, probe.successThreshold, 'must be 1'))
  }
  return errors
}

function checkContainer(field: string, container: JsonObject, volumes: ReadonlySet<unknown>): FieldError[] {
  const errors: FieldError[] = []
  const name = asString(container.name)
  if (!name) errors.push(required(`${field}.name`))
  else errors.push(...checkLabelName(`${field}.name`, name))
  if (!container.image) errors.push(required(`${field}.image`))
  const policy = asString(container.imagePullPolicy) ?? ''
  if (!pullPolicies.includes(policy)) errors.push(notSupported(`${field}.imagePullPolicy`, policy, pullPolicies))
  errors.push(...checkPorts(`${field}.ports`, asObjects(container.ports)))
  asObjects(container.env).forEach((variable, index) => {
    const name = asString(variable.name) ?? ''
    if (!name) errors.push(required(`${field}.env[${index}].name`))
    else if (!/^[ -<>-~]+$/.test(name)) {
      errors.push(
        invalidValue(
          `${field}.env[${index}].name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      )
    }
    if (variable.value && variable.valueFrom !== undefined) {
      const detail = 'may not be specified when `value` is not empty'
      errors.push(invalidValue(`${field}.env[${index}].valueFrom`, '', detail))
    }
  })
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[probe] !== undefined)
      errors.push(...checkProbe(`${field}.${probe}`, asObject(container[probe]), probe))
  }
  errors.push(...checkResources(`${field}.resources`, asObject(container.resources)))
  errors.push(...checkMounts(field, container, volumes))
  return errors
}

/** Findings about a pod spec at a field such as `spec` or `spec.template.spec`. */
export function checkPodSpec(field: string, spec: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  const volumes = new Set<unknown>()
  asObjects(spec.volumes).forEach((volume, index) => {
    const name = asString(volume.name)
    if (!name) errors.push(required(`${field}.volumes[${index}].name`))
    else errors.push(...checkLabelName(`${field}.volumes[${index}].name`, name))
    if (volumes.has(name)) errors.push(duplicate(`${field}.volumes[${index}].name`, name))
    volumes.add(name)
    const sources = Object.keys(volume).filter((key) => key !== 'name')
    for (const extra of sources.slice(1)) {
      errors.push(notAllowed(`${field}.volumes[${index}].${extra}`, 'may not specify more than 1 volume type'))
    }
  })
  if (asArray(spec.containers).length === 0) errors.push(required(`${field}.containers`))
  const names = new Set<unknown>()
  for (const list of ['initContainers', 'containers']) {
    asObjects(spec[list]).forEach((container, index) => {
      const here = `${field}.${list}[${index}]`
      errors.push(...checkContainer(here, container, volumes))
      if (container.name && names.has(container.name)) errors.push(duplicate(`${here}.name`, container.name))
      names.add(container.name)
    })
  }
  const policies = ['Always', 'OnFailure', 'Never']
  if (!policies.includes(asString(spec.restartPolicy) ?? '')) {
    errors.push(notSupported(`${field}.restartPolicy`, spec.restartPolicy, policies))
  }
  return errors
}

const frozen =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

function withoutChangeable(spec: unknown): JsonObject {
  const result = copy(asObject(spec))
  delete result.activeDeadlineSeconds
  delete result.tolerations
  for (const list of ['containers', 'initContainers']) {
    for (const container of asObjects(result[list])) delete container.image
  }
  return result
}

/** Findings about a change of a pod's spec; a binding may set the node. */
export function checkPodUpdate(spec: unknown, previous: unknown): FieldError[] {
  if (equal(spec, previous)) return []
  const [after, before] = [withoutChangeable(spec), withoutChangeable(previous)]
  if (before.nodeName === undefined && isObject(spec) && at(spec, 'nodeName') !== undefined) delete after.nodeName
  return equal(after, before) ? [] : [notAllowed('spec', frozen)]
}
