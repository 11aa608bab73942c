/** Small objects that run for real: as nobody, without privileges, ending at once when told to. */

export type Fields = Record<string, unknown>

/** Keeps a shell alive that leaves on SIGTERM, so that pods end at once without waiting for their grace. */
const idle = ['sh', '-c', "trap 'exit 0' TERM; sleep 100000 & wait"]

const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 999,
  seccompProfile: { type: 'RuntimeDefault' },
}

export const container = (fields: Fields = {}): Fields => ({
  name: 'main',
  image: 'busybox:1.36',
  command: idle,
  resources: { requests: { cpu: '5m', memory: '8Mi' } },
  securityContext,
  ...fields,
})

const podSpec = (fields: Fields = {}): Fields => ({
  terminationGracePeriodSeconds: 1,
  automountServiceAccountToken: false,
  containers: [container()],
  ...fields,
})

const object = <T extends Fields>(
  apiVersion: string,
  kind: string,
  name: string,
  fields: T,
  metadata: Fields = {},
) => ({
  apiVersion,
  kind,
  metadata: { name, ...metadata },
  ...fields,
})

export const configMap = (name: string, data: Record<string, string> = {}, metadata: Fields = {}) =>
  object('v1', 'ConfigMap', name, Object.keys(data).length === 0 ? {} : { data }, metadata)

export const pod = (name: string, spec: Fields = {}, metadata: Fields = {}) =>
  object('v1', 'Pod', name, { spec: podSpec(spec) }, metadata)

/** A pod template whose label is what the selectors of this module ask for. */
const template = (name: string, spec: Fields) => ({ metadata: { labels: { app: name } }, spec: podSpec(spec) })

export const deployment = (name: string, fields: Fields = {}, spec: Fields = {}) =>
  object(
    'apps/v1',
    'Deployment',
    name,
    {
      spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template(name, spec), ...fields },
    },
    {},
  )

export const statefulSet = (name: string, fields: Fields = {}, spec: Fields = {}) =>
  object(
    'apps/v1',
    'StatefulSet',
    name,
    {
      spec: {
        replicas: 1,
        serviceName: name,
        selector: { matchLabels: { app: name } },
        template: template(name, spec),
        ...fields,
      },
    },
    {},
  )

/** A job whose container runs this shell script. */
export const job = (name: string, script: string, fields: Fields = {}) =>
  object(
    'batch/v1',
    'Job',
    name,
    {
      spec: {
        template: {
          spec: podSpec({ restartPolicy: 'Never', containers: [container({ command: ['sh', '-c', script] })] }),
        },
        ...fields,
      },
    },
    {},
  )

export const service = (name: string, fields: Fields = {}) =>
  object('v1', 'Service', name, { spec: { selector: { app: name }, ports: [{ port: 80 }], ...fields } }, {})

export const claim = (name: string, fields: Fields = {}) =>
  object(
    'v1',
    'PersistentVolumeClaim',
    name,
    {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } }, ...fields },
    },
    {},
  )
