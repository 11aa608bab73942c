import { describe, expect, test } from 'vitest'
import { typeOfKind } from '../schema/schema.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicMerge } from './strategic-merge.ts'

describe('JSON patch', () => {
  test('operations apply in order and leave the input alone', () => {
    const document = { a: [1, 2], b: { 'x/y': 1 } }
    const result = applyJsonPatch(document, [
      { op: 'test', path: '/a/0', value: 1 },
      { op: 'add', path: '/a/1', value: 9 },
      { op: 'remove', path: '/b/x~1y' },
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'move', from: '/c/0', path: '/d' },
      { op: 'replace', path: '/b', value: null },
    ])
    expect(result).toEqual({ a: [1, 9, 2], b: null, c: [9, 2], d: 1 })
    expect(document).toEqual({ a: [1, 2], b: { 'x/y': 1 } })
  })

  test.each([
    [[{ op: 'test', path: '/a', value: 2 }], 'test failed'],
    [[{ op: 'remove', path: '/nope' }], 'missing path'],
    [[{ op: 'replace', path: '/list/7', value: 1 }], 'missing path'],
    [[{ op: 'add', path: '/list/9', value: 1 }], 'missing path'],
    [{ op: 'add' }, 'list of operations'],
    [[{ op: 'nonsense', path: '/a' }], 'unexpected JSON patch operation'],
  ])('%j fails', (patch, message) => {
    expect(() => applyJsonPatch({ a: 1, list: [] }, patch)).toThrow(message)
  })

  test('a patch cannot reach the prototype of other objects', () => {
    applyJsonPatch({ a: {} }, [{ op: 'add', path: '/__proto__', value: { polluted: true } }])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

test('a merge patch removes by null and replaces lists', () => {
  const patch = { a: null, b: { c: 2, d: { e: null, f: 1 } }, list: [3] }
  expect(applyMergePatch({ a: 1, b: { c: 1, x: 1 }, list: [1, 2] }, patch)).toEqual({
    b: { c: 2, x: 1, d: { f: 1 } },
    list: [3],
  })
})

describe('strategic merge patch', () => {
  const type = typeOfKind('apps/v1', 'Deployment')
  const withContainers = (containers: unknown[]): Record<string, unknown> => ({
    spec: { template: { spec: { containers } } },
  })
  const merged = (before: unknown[], patch: unknown[], extra: object = {}): unknown =>
    applyStrategicMerge(withContainers(before), { spec: { template: { spec: { containers: patch, ...extra } } } }, type)

  test('containers merge by name, their environment by name, ports by number', () => {
    const before = [
      { name: 'a', image: '1', env: [{ name: 'X', value: '1' }], ports: [{ containerPort: 80 }] },
      { name: 'b' },
    ]
    const patch = [{ name: 'a', env: [{ name: 'Y', value: '2' }], ports: [{ containerPort: 80, name: 'web' }] }]
    expect(merged(before, patch)).toEqual(
      withContainers([
        {
          name: 'a',
          image: '1',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
          ports: [{ containerPort: 80, name: 'web' }],
        },
        { name: 'b' },
      ]),
    )
  })

  test('$patch deletes an item, or replaces the list', () => {
    expect(merged([{ name: 'a' }, { name: 'b' }], [{ name: 'a', $patch: 'delete' }])).toEqual(
      withContainers([{ name: 'b' }]),
    )
    expect(merged([{ name: 'a' }], [{ $patch: 'replace' }, { name: 'c' }])).toEqual(withContainers([{ name: 'c' }]))
  })

  test('$setElementOrder decides the order; items it does not name keep their place', () => {
    const order = { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }] }
    expect(merged([{ name: 'a' }, { name: 'b' }], [{ name: 'c' }], order)).toEqual(
      withContainers([{ name: 'c' }, { name: 'a' }, { name: 'b' }]),
    )
  })

  test('$retainKeys drops the fields of the former strategy', () => {
    const before = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }
    expect(applyStrategicMerge(before, patch, type)).toEqual({ spec: { strategy: { type: 'Recreate' } } })
  })

  test('$deleteFromPrimitiveList takes values out of finalizers', () => {
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/x'] } }
    expect(applyStrategicMerge({ metadata: { finalizers: ['a/x', 'b/y'] } }, patch, type)).toEqual({
      metadata: { finalizers: ['b/y'] },
    })
  })
})
