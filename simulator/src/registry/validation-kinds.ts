/** What each kind requires. */
import { isIP } from 'node:net'
import { type FieldError, duplicate, invalidValue, notSupported, required, tooLong } from '../errors.ts'
import { asArray, asNumber, asObject, asObjects, asString, asStrings, at, isObject, type JsonObject } from '../json.ts'
import { compareQuantity } from '../quantity.ts'
import { labelSelectorMatches } from '../selectors.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'
import { checkLabels } from './names.ts'
import { podSpecOf, podTemplateOf, templatePath } from './pod-template.ts'
import { checkIngress, checkNetworkPolicy } from './validation-network.ts'
import { checkPodSpec } from './validation-pod.ts'

type Check = (object: KubeObject, spec: JsonObject) => FieldError[]

function notNegative(spec: JsonObject, ...fields: string[]): FieldError[] {
  return fields
    .filter((field) => (asNumber(spec[field]) ?? 0) < 0)
    .map((field) => invalidValue(`spec.${field}`, spec[field], 'must be greater than or equal to 0'))
}

function isEmptySelector(selector: unknown): boolean {
  return (
    asArray(at(selector, 'matchExpressions')).length === 0 &&
    Object.keys(asObject(at(selector, 'matchLabels'))).length === 0
  )
}

/** Deployments and their like: a selector that finds the pods of the template, which always restart. */
const checkWorkload: Check = (_object, spec) => {
  const errors = notNegative(spec, 'replicas', 'minReadySeconds', 'revisionHistoryLimit')
  const { selector } = spec
  const labels = asStrings(at(spec, 'template', 'metadata', 'labels'))
  if (!isObject(selector)) errors.push(required('spec.selector'))
  else if (isEmptySelector(selector)) {
    errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'))
  }
  if (!labelSelectorMatches(selector, labels)) {
    const shown = Object.keys(labels).length ? labels : undefined
    errors.push(invalidValue('spec.template.metadata.labels', shown, '`selector` does not match template `labels`'))
  }
  const policy = at(spec, 'template', 'spec', 'restartPolicy')
  if (policy !== undefined && policy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']))
  }
  return errors
}

const checkDeployment: Check = (object, spec) => {
  const errors = checkWorkload(object, spec)
  const strategy = asObject(spec.strategy)
  if (strategy.type !== 'Recreate' && strategy.type !== 'RollingUpdate') {
    errors.push(notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate']))
  }
  const { maxSurge, maxUnavailable } = asObject(strategy.rollingUpdate)
  const isNone = (value: unknown): boolean => value === 0 || (typeof value === 'string' && /^0+%$/.test(value))
  if (strategy.type === 'RollingUpdate' && isNone(maxSurge) && isNone(maxUnavailable)) {
    const field = 'spec.strategy.rollingUpdate.maxUnavailable'
    errors.push(invalidValue(field, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  const deadline = asNumber(spec.progressDeadlineSeconds)
  if (deadline !== undefined && deadline <= (asNumber(spec.minReadySeconds) ?? 0)) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

const checkJob: Check = (_object, spec) => {
  const errors = notNegative(
    spec,
    'parallelism',
    'completions',
    'backoffLimit',
    'activeDeadlineSeconds',
    'ttlSecondsAfterFinished',
  )
  const policy = at(spec, 'template', 'spec', 'restartPolicy')
  if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'))
  }
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    errors.push(required('spec.completions', 'when completion mode is Indexed'))
  }
  return errors
}

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

const checkService: Check = (_object, spec) => {
  const errors: FieldError[] = []
  const ports = asObjects(spec.ports)
  if (!serviceTypes.includes(asString(spec.type) ?? '')) errors.push(notSupported('spec.type', spec.type, serviceTypes))
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) errors.push(required('spec.externalName'))
    return errors
  }
  const address = asString(spec.clusterIP)
  if (address && address !== 'None' && !isIP(address)) {
    const detail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    errors.push(invalidValue('spec.clusterIPs[0]', address, detail))
  }
  if (ports.length === 0 && spec.clusterIP !== 'None') errors.push(required('spec.ports'))
  const names = new Set<unknown>()
  ports.forEach((port, index) => {
    const field = `spec.ports[${index}]`
    const number = asNumber(port.port) ?? 0
    if (!port.name && ports.length > 1) errors.push(required(`${field}.name`))
    if (port.name && names.has(port.name)) errors.push(duplicate(`${field}.name`, port.name))
    names.add(port.name)
    const twin = ports.findIndex((other) => other.port === port.port && other.protocol === port.protocol)
    if (twin < index) errors.push(duplicate(field, { port: port.port, protocol: port.protocol }))
    if (number < 1 || number > 65_535)
      errors.push(invalidValue(`${field}.port`, number, 'must be between 1 and 65535, inclusive'))
  })
  return errors
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

const checkClaim: Check = (_object, spec) => {
  const errors: FieldError[] = []
  const modes = asArray(spec.accessModes)
  if (modes.length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'))
  for (const mode of modes) {
    if (!accessModes.includes(String(mode))) errors.push(notSupported('spec.accessModes', mode, accessModes))
  }
  const storage = at(spec, 'resources', 'requests', 'storage')
  if (storage === undefined) errors.push(required('spec.resources[storage]'))
  else if (compareQuantity(storage, '0') <= 0) {
    errors.push(invalidValue('spec.resources[storage]', storage, 'must be greater than zero'))
  }
  return errors
}

const checkKeys: Check = (object) => {
  const errors: FieldError[] = []
  for (const field of ['data', 'binaryData']) {
    for (const key of Object.keys(asObject(object[field]))) {
      if (/^[-._a-zA-Z0-9]+$/.test(key) && key.length <= 253) continue
      const detail =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
        "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
      errors.push(invalidValue(`${field}[${key}]`, key, detail))
    }
  }
  return errors
}

const checkQuotaSpec: Check = (_object, spec) =>
  Object.entries(asObject(spec.hard))
    .filter(([, value]) => compareQuantity(value, '0') < 0)
    .map(([name, value]) => invalidValue(`spec.hard[${name}]`, value, 'must be greater than or equal to 0'))

const checkBudget: Check = (_object, spec) =>
  spec.minAvailable !== undefined && spec.maxUnavailable !== undefined
    ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
    : []

const checkStatefulSet: Check = (object, spec) => {
  const errors = checkWorkload(object, spec)
  const policy = spec.podManagementPolicy
  if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"))
  }
  return errors
}

const largestContent = 1024 * 1024

const checkContent: Check = (object, spec) => {
  const errors = checkKeys(object, spec)
  const isSecret = object.kind === 'Secret'
  const plain = isSecret ? [] : Object.values(asStrings(object.data))
  const encoded = Object.values(asStrings(isSecret ? object.data : object.binaryData))
  const sizes = [
    ...plain.map((text) => Buffer.byteLength(text)),
    ...encoded.map((text) => Buffer.byteLength(text, 'base64')),
  ]
  const size = sizes.reduce((sum, each) => sum + each, 0)
  if (size > largestContent) errors.push(tooLong(isSecret ? 'data' : '[]', largestContent))
  return errors
}

const checkLimitRange: Check = (_object, spec) =>
  asObjects(spec.limits).flatMap((item, index) => {
    const [min, max] = [asStrings(item.min), asStrings(item.max)]
    return Object.keys(min)
      .filter((name) => max[name] !== undefined && compareQuantity(min[name], max[name]) > 0)
      .map((name) => {
        const why = `min value ${min[name]} is greater than max value ${max[name]}`
        return invalidValue(`spec.limits[${index}].min[${name}]`, min[name], why)
      })
  })

const checks: Readonly<Record<ResourceKey, Check>> = {
  pods: () => [],
  services: checkService,
  persistentvolumeclaims: checkClaim,
  secrets: checkContent,
  configmaps: checkContent,
  limitranges: checkLimitRange,
  'networkpolicies.networking.k8s.io': checkNetworkPolicy,
  'ingresses.networking.k8s.io': checkIngress,
  resourcequotas: checkQuotaSpec,
  'deployments.apps': checkDeployment,
  'replicasets.apps': checkWorkload,
  'daemonsets.apps': checkWorkload,
  'statefulsets.apps': checkStatefulSet,
  'jobs.batch': checkJob,
  'cronjobs.batch': (_object, spec) => (spec.schedule ? [] : [required('spec.schedule')]),
  'poddisruptionbudgets.policy': checkBudget,
  'storageclasses.storage.k8s.io': (object) => (object.provisioner ? [] : [required('provisioner')]),
}

/** A stateful set's containers may mount its claim templates as well as the volumes of its pods. */
function withClaimVolumes(spec: JsonObject, podSpec: JsonObject): JsonObject {
  const claims = asObjects(spec.volumeClaimTemplates).map((claim) => ({ name: at(claim, 'metadata', 'name') }))
  if (claims.length === 0) return podSpec
  const others = asObjects(podSpec.volumes).filter((volume) => !claims.some((claim) => claim.name === volume.name))
  return { ...podSpec, volumes: [...others, ...claims] }
}

/** Findings about an object of a kind, apart from its metadata. */
export function checkKind(resource: ResourceKey, object: KubeObject): FieldError[] {
  const spec = asObject(object.spec)
  const errors = checks[resource]?.(object, spec) ?? []
  const podSpec = podSpecOf(resource, object)
  const path = templatePath(resource)
  if (path !== undefined) {
    errors.push(
      ...checkLabels(`${path}.metadata.labels`, asStrings(at(podTemplateOf(resource, object), 'metadata', 'labels'))),
    )
  }
  const field = resource === 'pods' ? 'spec' : `${path ?? 'spec'}.spec`
  if (podSpec) errors.push(...checkPodSpec(field, withClaimVolumes(spec, podSpec)))
  else if (resource === 'pods' || path !== undefined) errors.push(required(`${field}.containers`))
  return errors
}
