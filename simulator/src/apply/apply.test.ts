import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isApiError } from '../errors.ts'
import { asObjects, at, type JsonObject } from '../json.ts'
import { typeOfKind } from '../schema/schema.ts'
import { applyConfiguration, trackUpdate, type Writer } from './apply.ts'

const type = typeOfKind('apps/v1', 'Deployment')

const writer = (manager: string): Writer => ({
  manager,
  subresource: '',
  apiVersion: 'apps/v1',
  hasStatus: true,
  time: '2030-01-01T00:00:00Z',
})

const deployment = (spec: JsonObject, labels?: JsonObject): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...(labels ? { labels } : {}) },
  spec,
})

const podSpec = (spec: JsonObject): JsonObject => ({ template: { spec } })
const apply = (live: JsonObject | undefined, applied: JsonObject, manager = 'one', force = false): JsonObject =>
  applyConfiguration(live, applied, type, writer(manager), force)
const managers = (object: JsonObject): unknown[] =>
  asObjects(at(object, 'metadata', 'managedFields')).map((each) => each.manager)
const containers = (object: JsonObject): unknown => at(object, 'spec', 'template', 'spec', 'containers')

describe('one applier', () => {
  test('a field that is no longer applied is removed, one that nobody applied stays', () => {
    const first = apply(undefined, deployment({ replicas: 2, paused: true }))
    const defaulted = { ...first, spec: { ...(first.spec as JsonObject), revisionHistoryLimit: 10 } }
    const second = apply(defaulted, deployment({ replicas: 2 }))
    expect(second.spec).toEqual({ replicas: 2, revisionHistoryLimit: 10 })
  })

  test('a list item that is no longer applied goes with everything in it', () => {
    const first = apply(
      undefined,
      deployment(
        podSpec({
          containers: [
            { name: 'a', image: '1' },
            { name: 'b', image: '1' },
          ],
        }),
      ),
    )
    const spec = podSpec({
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1', imagePullPolicy: 'Always' },
      ],
    })
    const second = apply({ ...first, spec }, deployment(podSpec({ containers: [{ name: 'a', image: '2' }] })))
    expect(containers(second)).toEqual([{ name: 'a', image: '2' }])
  })

  test('an atomic list is replaced as a whole', () => {
    const first = apply(undefined, deployment(podSpec({ containers: [{ name: 'a', command: ['x', 'y'] }] })))
    const second = apply(first, deployment(podSpec({ containers: [{ name: 'a', command: ['z'] }] })))
    expect(containers(second)).toEqual([{ name: 'a', command: ['z'] }])
  })

  test('applying the same twice changes nothing', () => {
    const label = fc.stringMatching(/^[a-z]{1,3}$/)
    const container = fc.record(
      {
        image: label,
        command: fc.array(label, { minLength: 1, maxLength: 2 }),
        env: fc.uniqueArray(fc.record({ name: label, value: label }), {
          minLength: 1,
          maxLength: 3,
          selector: (each) => each.name,
        }),
      },
      { requiredKeys: ['image'] },
    )
    const configuration = fc.record({
      labels: fc.dictionary(label, label, { minKeys: 1, maxKeys: 3 }),
      replicas: fc.nat(5),
      containers: fc.uniqueArray(fc.tuple(label, container), {
        minLength: 1,
        maxLength: 3,
        selector: ([name]) => name,
      }),
    })
    const build = (each: { labels: JsonObject; replicas: number; containers: [string, JsonObject][] }): JsonObject =>
      deployment(
        {
          replicas: each.replicas,
          ...podSpec({ containers: each.containers.map(([name, rest]) => ({ name, ...rest })) }),
        },
        each.labels,
      )
    fc.assert(
      fc.property(configuration, configuration, (before, after) => {
        const live = apply(undefined, build(before))
        const once = apply(live, build(after))
        expect(apply(once, build(after))).toEqual(once)
        expect(apply(once, build(before)).spec).toEqual(apply(undefined, build(before)).spec)
      }),
    )
  })
})

describe('two managers', () => {
  test("changing another's field is a conflict that names the field, unless it is forced", () => {
    const live = apply(undefined, deployment({ replicas: 2 }), 'one')
    try {
      apply(live, deployment({ replicas: 3 }), 'two')
      expect.unreachable('no conflict')
    } catch (error) {
      if (!isApiError(error)) throw error
      expect(error.status.code).toBe(409)
      expect(error.status.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.replicas')
      expect(error.status.details?.causes).toEqual([
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' },
      ])
    }
    const forced = apply(live, deployment({ replicas: 3 }), 'two', true)
    expect(at(forced, 'spec', 'replicas')).toBe(3)
    expect(managers(forced)).toEqual(['two'])
  })

  test('applying the value that is there shares it: it stays when one of the two lets go', () => {
    const first = apply(undefined, deployment({ replicas: 2, paused: true }), 'one')
    const both = apply(first, deployment({ replicas: 2 }), 'two')
    expect(managers(both)).toEqual(['one', 'two'])
    const left = apply(both, deployment({ paused: true }), 'one')
    expect(left.spec).toEqual({ replicas: 2, paused: true })
    expect(apply(left, deployment({}), 'two').spec).toEqual({ paused: true })
  })

  test('each keeps its own items of a list', () => {
    const env = (name: string): JsonObject =>
      deployment(podSpec({ containers: [{ name: 'a', env: [{ name, value: '1' }] }] }))
    const both = apply(apply(undefined, env('X'), 'one'), env('Y'), 'two')
    expect(containers(both)).toEqual([
      {
        name: 'a',
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', value: '1' },
        ],
      },
    ])
    const left = apply(both, deployment(podSpec({ containers: [{ name: 'a' }] })), 'one')
    expect(containers(left)).toEqual([{ name: 'a', env: [{ name: 'Y', value: '1' }] }])
  })

  test('an ordinary update takes what it changes, and a later apply conflicts with it', () => {
    const live = apply(undefined, deployment({ replicas: 2 }), 'one')
    const scaled = trackUpdate(live, { ...live, spec: { replicas: 5 } }, type, writer('kubectl'))
    expect(managers(scaled)).toEqual(['kubectl'])
    expect(() => apply(scaled, deployment({ replicas: 2 }), 'one')).toThrow(
      'conflict with "kubectl" using apps/v1 at 2030-01-01T00:00:00Z: .spec.replicas',
    )
  })

  test('what was there before the first apply is owned by before-first-apply', () => {
    const live = deployment({ replicas: 2 })
    expect(() => apply(live, deployment({ replicas: 3 }), 'one')).toThrow('conflict with "before-first-apply"')
  })
})
