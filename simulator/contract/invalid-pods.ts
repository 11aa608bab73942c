/** Pods with one thing wrong, and where the server says that it is. */
import { type Fields, container, pod } from './objects.ts'

/** What is wrong, the resource, the object, the field that is named, and the reason that is given. */
export type Refusal = [what: string, resource: string, body: object, field: string, reason: string]

export const withContainer = (fields: Fields) => pod('one', { containers: [container(fields)] })

const probe = { httpGet: { path: '/', port: 80 } }

export const invalidPods: Refusal[] = [
  ['a pod without containers', 'pods', pod('one', { containers: [] }), 'spec.containers', 'FieldValueRequired'],
  [
    'a container without a name',
    'pods',
    withContainer({ name: undefined }),
    'spec.containers[0].name',
    'FieldValueRequired',
  ],
  [
    'a container name with a dot',
    'pods',
    withContainer({ name: 'a.b' }),
    'spec.containers[0].name',
    'FieldValueInvalid',
  ],
  [
    'a container without an image',
    'pods',
    withContainer({ image: undefined }),
    'spec.containers[0].image',
    'FieldValueRequired',
  ],
  [
    'two containers of one name',
    'pods',
    pod('one', { containers: [container(), container()] }),
    'spec.containers[1].name',
    'FieldValueDuplicate',
  ],
  [
    'a port beyond the last',
    'pods',
    withContainer({ ports: [{ containerPort: 70_000 }] }),
    'spec.containers[0].ports[0].containerPort',
    'FieldValueInvalid',
  ],
  [
    'a protocol of its own',
    'pods',
    withContainer({ ports: [{ containerPort: 80, protocol: 'HTTP' }] }),
    'spec.containers[0].ports[0].protocol',
    'FieldValueNotSupported',
  ],
  [
    'a request above its limit',
    'pods',
    withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    'spec.containers[0].resources.requests',
    'FieldValueInvalid',
  ],
  [
    'a resource that is unknown',
    'pods',
    withContainer({ resources: { requests: { gold: '1' } } }),
    'spec.containers[0].resources.requests[gold]',
    'FieldValueInvalid',
  ],
  [
    'a negative amount',
    'pods',
    withContainer({ resources: { requests: { cpu: '-1' } } }),
    'spec.containers[0].resources.requests[cpu]',
    'FieldValueInvalid',
  ],
  [
    'an unknown restart policy',
    'pods',
    pod('one', { restartPolicy: 'Sometimes' }),
    'spec.restartPolicy',
    'FieldValueNotSupported',
  ],
  [
    'a variable name with an equals sign',
    'pods',
    withContainer({ env: [{ name: 'A=B', value: '' }] }),
    'spec.containers[0].env[0].name',
    'FieldValueInvalid',
  ],
  [
    'a mount of no volume',
    'pods',
    withContainer({ volumeMounts: [{ name: 'no', mountPath: '/x' }] }),
    'spec.containers[0].volumeMounts[0].name',
    'FieldValueNotFound',
  ],
  [
    'a volume of two kinds',
    'pods',
    pod('one', { volumes: [{ name: 'v', emptyDir: {}, configMap: { name: 'x' } }] }),
    'spec.volumes[0].configMap',
    'FieldValueForbidden',
  ],
  [
    'two volumes of one name',
    'pods',
    pod('one', {
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
      ],
    }),
    'spec.volumes[1].name',
    'FieldValueDuplicate',
  ],
  [
    'a probe of two kinds',
    'pods',
    withContainer({ readinessProbe: { ...probe, exec: { command: ['x'] } } }),
    'spec.containers[0].readinessProbe.httpGet',
    'FieldValueForbidden',
  ],
  [
    'a probe of no kind',
    'pods',
    withContainer({ readinessProbe: { periodSeconds: 1 } }),
    'spec.containers[0].readinessProbe',
    'FieldValueRequired',
  ],
  [
    'a liveness probe that wants two successes',
    'pods',
    withContainer({ livenessProbe: { ...probe, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold',
    'FieldValueInvalid',
  ],
]
