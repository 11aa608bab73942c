import { expect, test } from 'vitest'
import { observe } from '../clusters/service.ts'
import { drifted, hasChanged, isOlder, remember, unwanted, type Applied } from './applied.ts'

const labels = { 'app.kubernetes.io/managed-by': 'berth' }
const service = (resourceVersion: string, port: number, status = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'db', namespace: 'berth-x', uid: 'u', resourceVersion, labels },
  spec: { ports: [{ port }] },
  status,
})
const appliedOnce = (): Applied => {
  const applied: Applied = { objects: new Map() }
  remember(applied, service('', 5432), service('10', 5432))
  return applied
}
const seen = (...objects: Parameters<typeof observe>[0][]) =>
  new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, observe(object)]))

test.each([
  ['the watch lags behind our own apply', service('9', 1), 0],
  ['only the status moved', service('11', 5432, { loadBalancer: {} }), 0],
  ['somebody changed a port', service('11', 1), 1],
])('%s', (_why, observed, corrections) => {
  expect(drifted(appliedOnce(), seen(observed), [service('', 5432)])).toHaveLength(corrections)
})

test('an object that was removed, and is therefore no longer remembered, is made again', () => {
  expect(drifted({ objects: new Map() }, new Map(), [service('', 5432)])).toHaveLength(1)
})

test('where one object is wanted otherwise, the others are not applied again', () => {
  const applied = appliedOnce()
  const other = { ...service('12', 1), metadata: { ...service('12', 1).metadata, name: 'other' } }
  expect(drifted(applied, seen(service('10', 5432)), [service('', 5432), other])).toEqual([other])
  expect(drifted(applied, seen(service('10', 5432)), [service('', 5433)])).toHaveLength(1)
})

test('resource versions are compared as numbers of any length', () => {
  expect(isOlder('9', '10')).toBe(true)
  expect(isOlder('10', '9')).toBe(false)
  expect(isOlder('10', '10')).toBe(false)
})

test('prunes what is labelled and not wanted, and never what holds data', () => {
  const object = (kind: string, name: string, own = true) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'berth-x', uid: name, resourceVersion: '1', ...(own && { labels }) },
  })
  const observed = seen(
    object('Service', 'old'),
    object('ConfigMap', 'of-somebody', false),
    object('NetworkPolicy', 'opens-everything', false),
    object('PersistentVolumeClaim', 'data'),
    object('Namespace', 'berth-x'),
    object('Pod', 'db-0'),
  )
  expect(unwanted(observed, []).map(({ key }) => key)).toEqual(['Service/old', 'NetworkPolicy/opens-everything'])
})

test('what a controller writes into the status is no correction of ours', () => {
  const answer = (uid: string, resourceVersion: string, time: string) => {
    const made = service(resourceVersion, 5432)
    const managedFields = [
      { manager: 'controller', operation: 'Update', subresource: 'status', time: `status of ${resourceVersion}` },
      { manager: 'berth', operation: 'Apply', time },
    ]
    return { ...made, metadata: { ...made.metadata, uid, managedFields } }
  }
  const applied: Applied = { objects: new Map() }
  remember(applied, service('', 5432), answer('u', '10', '2026-01-01T00:00:00Z'))
  expect(hasChanged(applied, answer('u', '11', '2026-01-01T00:00:00Z'))).toBe(false)
  expect(hasChanged(applied, answer('u', '12', '2026-01-01T00:00:09Z'))).toBe(true)
  expect(hasChanged(applied, answer('v', '12', '2026-01-01T00:00:00Z'))).toBe(true)
})
