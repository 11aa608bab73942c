/** Tables of everything that is not a workload. */
import { asArray, asNumber, asObject, asObjects, asString, asStrings, at } from '../json.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'
import { age as ageOf, type Columns, columns, selectorText, text } from './columns-shared.ts'

const modes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

const accessModes = (value: unknown): string =>
  asArray(value)
    .map((each) => modes[String(each)] ?? String(each))
    .join(',')

const orEmpty = (value: unknown): string => (typeof value === 'string' ? value : '')

const bound = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : 'N/A'

function nodeStatus(node: KubeObject): string {
  const ready = asObjects(at(node, 'status', 'conditions')).find((each) => each.type === 'Ready')
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return at(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.keys(node.metadata.labels ?? {}).filter((key) => key.startsWith(prefix))
  return text(
    roles
      .map((key) => key.slice(prefix.length))
      .sort()
      .join(','),
  )
}

function nodeAddress(node: KubeObject, type: string): string {
  return text(asObjects(at(node, 'status', 'addresses')).find((each) => each.type === type)?.address)
}

function servicePorts(service: KubeObject): string {
  const ports = asObjects(at(service, 'spec', 'ports')).map((port) => {
    const node = asNumber(port.nodePort)
    return `${String(port.port)}${node ? `:${node}` : ''}/${String(port.protocol)}`
  })
  return text(ports.join(','))
}

function externalAddress(service: KubeObject): string {
  const type = at(service, 'spec', 'type')
  if (type === 'ExternalName') return text(at(service, 'spec', 'externalName'))
  const given = asArray(at(service, 'spec', 'externalIPs')).join(',')
  if (type !== 'LoadBalancer') return text(given)
  const ingress = asObjects(at(service, 'status', 'loadBalancer', 'ingress')).map((each) =>
    text(each.ip ?? each.hostname),
  )
  return ingress.join(',') || given || '<pending>'
}

function quotaCell(quota: KubeObject, limits: boolean): string {
  const hard = asStrings(at(quota, 'status', 'hard'))
  const used = asStrings(at(quota, 'status', 'used'))
  const names = Object.keys(hard)
    .sort()
    .filter((name) => name.startsWith('limits.') === limits)
  return names.map((name) => `${name}: ${used[name] ?? '0'}/${hard[name] ?? ''}`).join(', ')
}

function lastSeen(event: KubeObject, now: Date): string {
  const moment = at(event, 'series', 'lastObservedTime') ?? event.lastTimestamp ?? event.eventTime
  return ageOf(moment ?? event.metadata.creationTimestamp, now)
}

function firstSeen(event: KubeObject, now: Date): string {
  return ageOf(event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp, now)
}

function endpointAddresses(object: KubeObject): string {
  const pairs = asObjects(object.subsets).flatMap((subset) => {
    const ports = asObjects(subset.ports)
    return asObjects(subset.addresses).flatMap(({ ip }) =>
      ports.length ? ports.map((each) => `${String(ip)}:${String(each.port)}`) : [String(ip)],
    )
  })
  return text(pairs.length > 3 ? `${pairs.slice(0, 3).join(',')} + ${pairs.length - 3} more...` : pairs.join(','))
}

function subjects(binding: KubeObject, kind: string): string {
  return asObjects(binding.subjects)
    .filter((each) => each.kind === kind)
    .map((each) =>
      kind === 'ServiceAccount' ? `${orEmpty(each.namespace)}/${orEmpty(each.name)}` : orEmpty(each.name),
    )
    .join(', ')
}

const binding: Columns = {
  definitions: columns('Name', 'Role', 'Age', 'Users*', 'Groups*', 'ServiceAccounts*'),
  cells: (object, age) => [
    object.metadata.name,
    `${text(at(object, 'roleRef', 'kind'))}/${text(at(object, 'roleRef', 'name'))}`,
    age,
    subjects(object, 'User'),
    subjects(object, 'Group'),
    subjects(object, 'ServiceAccount'),
  ],
}

export const clusterColumns: Readonly<Record<ResourceKey, Columns>> = {
  nodes: {
    definitions: columns(
      'Name', 'Status', 'Roles', 'Age', 'Version', 'Internal-IP*', 'External-IP*', 'OS-Image*', 'Kernel-Version*',
      'Container-Runtime*',
    ), // prettier-ignore
    cells: (object, age) => [
      object.metadata.name,
      nodeStatus(object),
      nodeRoles(object),
      age,
      orEmpty(at(object, 'status', 'nodeInfo', 'kubeletVersion')),
      nodeAddress(object, 'InternalIP'),
      nodeAddress(object, 'ExternalIP'),
      text(at(object, 'status', 'nodeInfo', 'osImage')),
      text(at(object, 'status', 'nodeInfo', 'kernelVersion')),
      text(at(object, 'status', 'nodeInfo', 'containerRuntimeVersion')),
    ],
  },
  namespaces: {
    definitions: columns('Name', 'Status', 'Age'),
    cells: (object, age) => [object.metadata.name, orEmpty(at(object, 'status', 'phase')), age],
  },
  services: {
    definitions: columns('Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector*'),
    cells: (object, age) => [
      object.metadata.name,
      text(at(object, 'spec', 'type')),
      text(at(object, 'spec', 'clusterIP')),
      externalAddress(object),
      servicePorts(object),
      age,
      selectorText(at(object, 'spec', 'selector')),
    ],
  },
  endpoints: {
    definitions: columns('Name', 'Endpoints', 'Age'),
    cells: (object, age) => [object.metadata.name, endpointAddresses(object), age],
  },
  'endpointslices.discovery.k8s.io': {
    definitions: columns('Name', 'AddressType', 'Ports', 'Endpoints', 'Age'),
    cells: (object, age) => [
      object.metadata.name,
      orEmpty(object.addressType),
      asObjects(object.ports)
        .map((each) => String(each.port))
        .join(',') || '<unset>',
      asObjects(object.endpoints)
        .flatMap((each) => asArray(each.addresses))
        .join(',') || '<unset>',
      age,
    ],
  },
  secrets: {
    definitions: columns('Name', 'Type', 'Data', 'Age'),
    cells: (object, age) => [
      object.metadata.name,
      orEmpty(object.type),
      Object.keys(asObject(object.data)).length,
      age,
    ],
  },
  configmaps: {
    definitions: columns('Name', 'Data', 'Age'),
    cells: (object, age) => [
      object.metadata.name,
      Object.keys(asObject(object.data)).length + Object.keys(asObject(object.binaryData)).length,
      age,
    ],
  },
  serviceaccounts: {
    definitions: columns('Name', 'Secrets', 'Age'),
    cells: (object, age) => [object.metadata.name, asArray(object.secrets).length, age],
  },
  persistentvolumeclaims: {
    definitions: columns(
      'Name', 'Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass', 'Age', 'VolumeMode*',
    ), // prettier-ignore
    cells(object, age) {
      const bound = Boolean(at(object, 'spec', 'volumeName'))
      const phase =
        object.metadata.deletionTimestamp === undefined ? orEmpty(at(object, 'status', 'phase')) : 'Terminating'
      return [
        object.metadata.name,
        phase,
        orEmpty(at(object, 'spec', 'volumeName')),
        bound ? orEmpty(at(object, 'status', 'capacity', 'storage')) : '',
        bound ? accessModes(at(object, 'status', 'accessModes')) : '',
        orEmpty(at(object, 'spec', 'storageClassName')),
        '<unset>',
        age,
        text(at(object, 'spec', 'volumeMode')),
      ]
    },
  },
  persistentvolumes: {
    definitions: columns(
      'Name', 'Capacity', 'Access Modes', 'Reclaim Policy', 'Status', 'Claim', 'StorageClass', 'VolumeAttributesClass',
      'Reason', 'Age', 'VolumeMode*',
    ), // prettier-ignore
    cells(object, age) {
      const claim = at(object, 'spec', 'claimRef')
      const phase =
        object.metadata.deletionTimestamp === undefined ? orEmpty(at(object, 'status', 'phase')) : 'Terminating'
      return [
        object.metadata.name,
        orEmpty(at(object, 'spec', 'capacity', 'storage')),
        accessModes(at(object, 'spec', 'accessModes')),
        orEmpty(at(object, 'spec', 'persistentVolumeReclaimPolicy')),
        phase,
        claim === undefined ? '' : `${orEmpty(at(claim, 'namespace'))}/${orEmpty(at(claim, 'name'))}`,
        orEmpty(at(object, 'spec', 'storageClassName')),
        '<unset>',
        orEmpty(at(object, 'status', 'reason')),
        age,
        text(at(object, 'spec', 'volumeMode')),
      ]
    },
  },
  resourcequotas: {
    definitions: columns('Name', 'Request', 'Limit', 'Age'),
    cells: (object, age) => [object.metadata.name, quotaCell(object, false), quotaCell(object, true), age],
  },
  events: {
    definitions: columns(
      'Last Seen', 'Type', 'Reason', 'Object', 'Subobject*', 'Source*', 'Message', 'First Seen*', 'Count*', 'Name*',
    ), // prettier-ignore
    cells: (object, _age, now) => [
      lastSeen(object, now),
      orEmpty(object.type),
      orEmpty(object.reason),
      `${orEmpty(at(object, 'involvedObject', 'kind')).toLowerCase()}/${orEmpty(at(object, 'involvedObject', 'name'))}`,
      orEmpty(at(object, 'involvedObject', 'fieldPath')),
      [at(object, 'source', 'component') ?? object.reportingComponent, at(object, 'source', 'host')]
        .filter(Boolean)
        .join(', '),
      (asString(object.message) ?? '').trim(),
      firstSeen(object, now),
      asNumber(object.count) ?? 1,
      object.metadata.name,
    ],
  },
  'networkpolicies.networking.k8s.io': {
    definitions: columns('Name', 'Pod-Selector', 'Age'),
    cells: (object, age) => [object.metadata.name, selectorText(at(object, 'spec', 'podSelector')), age],
  },
  'ingresses.networking.k8s.io': {
    definitions: columns('Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age'),
    cells(object, age) {
      const hosts = asObjects(at(object, 'spec', 'rules'))
        .map((each) => orEmpty(each.host))
        .filter(Boolean)
      const addresses = asObjects(at(object, 'status', 'loadBalancer', 'ingress')).map((each) =>
        orEmpty(each.ip ?? each.hostname),
      )
      const ports = asArray(at(object, 'spec', 'tls')).length ? '80, 443' : '80'
      const className = text(at(object, 'spec', 'ingressClassName'))
      return [object.metadata.name, className, hosts.join(',') || '*', addresses.join(','), ports, age]
    },
  },
  'ingressclasses.networking.k8s.io': {
    definitions: columns('Name', 'Controller', 'Parameters', 'Age'),
    cells: (object, age) => [object.metadata.name, text(at(object, 'spec', 'controller')), '<none>', age],
  },
  'poddisruptionbudgets.policy': {
    definitions: columns('Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions:i', 'Age'),
    cells: (object, age) => [
      object.metadata.name,
      bound(at(object, 'spec', 'minAvailable')),
      bound(at(object, 'spec', 'maxUnavailable')),
      asNumber(at(object, 'status', 'disruptionsAllowed')) ?? 0,
      age,
    ],
  },
  'leases.coordination.k8s.io': {
    definitions: columns('Name', 'Holder', 'Age'),
    cells: (object, age) => [object.metadata.name, orEmpty(at(object, 'spec', 'holderIdentity')), age],
  },
  'storageclasses.storage.k8s.io': {
    definitions: columns('Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'),
    cells(object, age) {
      const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
      const name = object.metadata.name + (isDefault ? ' (default)' : '')
      const expandable = object.allowVolumeExpansion === true
      return [
        name,
        text(object.provisioner),
        text(object.reclaimPolicy),
        text(object.volumeBindingMode),
        expandable,
        age,
      ]
    },
  },
  'rolebindings.rbac.authorization.k8s.io': binding,
  'clusterrolebindings.rbac.authorization.k8s.io': binding,
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    definitions: columns('Name', 'Validations:i', 'ParamKind', 'Age'),
    cells: (object, age) => {
      const kind = at(object, 'spec', 'paramKind')
      const param = kind === undefined ? '<unset>' : `${orEmpty(at(kind, 'apiVersion'))}/${orEmpty(at(kind, 'kind'))}`
      return [object.metadata.name, asArray(at(object, 'spec', 'validations')).length, param, age]
    },
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': {
    definitions: columns('Name', 'PolicyName', 'ParamRef', 'Age'),
    cells: (object, age) => [
      object.metadata.name,
      orEmpty(at(object, 'spec', 'policyName')),
      text(at(object, 'spec', 'paramRef', 'name')) === '<none>'
        ? '<unset>'
        : text(at(object, 'spec', 'paramRef', 'name')),
      age,
    ],
  },
}
