import { describe, expect, test } from 'vitest'
import { isApiError } from './errors.ts'
import { labelSelectorMatches, parseFieldSelector, parseLabelSelector } from './selectors.ts'
import { type KubeObject } from './types.ts'

const labels = { app: 'web', tier: 'front', 'example.com/size': '3' }

describe('label selectors', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier=front', true],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['app notin (api),tier', true],
    ['missing notin (x)', true],
    ['!missing', true],
    ['!app', false],
    ['app', true],
    ['example.com/size>2', true],
    ['example.com/size<2', false],
    ['missing=', false],
    ['app in (web),tier in (front,back),!gone', true],
  ])('%j selects: %s', (selector, selected) => {
    expect(parseLabelSelector(selector)(labels)).toBe(selected)
  })

  test.each(['=web', 'app in web', 'app in (web', 'a b', 'app=web=x', ',app'])('%j is refused with 400', (selector) => {
    try {
      parseLabelSelector(selector)
    } catch (error) {
      expect(isApiError(error) && error.status.code).toBe(400)
      return
    }
    expect.unreachable('the selector was taken')
  })

  test('an absent selector object selects nothing, an empty one everything', () => {
    expect(labelSelectorMatches(undefined, labels)).toBe(false)
    expect(labelSelectorMatches({}, labels)).toBe(true)
    expect(
      labelSelectorMatches({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, labels),
    ).toBe(false)
    expect(labelSelectorMatches({ matchExpressions: [{ key: 'gone', operator: 'DoesNotExist' }] }, labels)).toBe(true)
  })
})

describe('field selectors', () => {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'x', uid: '1', resourceVersion: '1', creationTimestamp: '' },
    spec: { nodeName: 'n1' },
    status: { phase: 'Running' },
  }

  test.each([
    ['metadata.name=a', true],
    ['metadata.name!=a', false],
    ['spec.nodeName=n1,status.phase=Running', true],
    ['status.phase!=Running', false],
    ['spec.nodeName=', false],
  ])('%j selects: %s', (selector, selected) => {
    expect(parseFieldSelector('pods', selector)(pod)).toBe(selected)
  })

  test('a field that cannot be selected is refused', () => {
    expect(() => parseFieldSelector('pods', 'spec.hostname=x')).toThrow('field label not supported: spec.hostname')
  })
})
