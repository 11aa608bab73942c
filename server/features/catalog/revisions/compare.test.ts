import { expect, it } from 'vitest'
import { workloadOf } from '../../../workload/test/sample.ts'
import { compareSpecs } from './compare.ts'

const template = (lines: string, asked: string): string => `
services:
  web:
    image: web:1
    ${lines}
x-berth:
  parameters:
    MODE: ${asked}
`

it('says of each part what it was and what it is, in words of the template', () => {
  const before = workloadOf(
    template(
      'volumes: [data:/data, { type: bind, source: ./a, target: /etc/a, content: one }]',
      '{ title: Mode, enum: [a, b], default: a }',
    ),
  )
  const after = workloadOf(
    template(
      'volumes: [data:/srv:ro, { type: bind, source: ./a, target: /etc/a, content: two }]\n    healthcheck: { test: [CMD, ok] }',
      '{ title: Mode, enum: [a, b, c], default: a, immutable: true }',
    ),
  )
  expect(compareSpecs(before, after)).toEqual([
    {
      change: 'changed',
      what: 'healthcheck',
      name: 'web',
      service: 'web',
      before: '',
      after: 'ok, intervalSeconds: 30, timeoutSeconds: 30, retries: 3, startPeriodSeconds: 0, startIntervalSeconds: 2',
    },
    { change: 'removed', what: 'mount', name: '/data', service: 'web', before: 'data' },
    { change: 'added', what: 'mount', name: '/srv', service: 'web', after: 'data, read only' },
    {
      change: 'changed',
      what: 'file',
      name: '/etc/a',
      service: 'web',
      before: 'mode 644, text 7692c3ad',
      after: 'mode 644, text 3fc4ccfe',
    },
    {
      change: 'changed',
      what: 'parameter',
      name: 'MODE',
      before: 'type: string, default: a, enum: a | b, title: Mode',
      after: 'type: string, default: a, enum: a | b | c, immutable, title: Mode',
    },
  ])
})
