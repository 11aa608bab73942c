import { describe, expect, it } from 'vitest'
import { refusalsOf, workloadOf } from '../test/sample.ts'

const text = `
services:
  base:
    image: busybox:1
    command: sleep 1
    restart: always
    environment: { A: base, MODE: 0755, VERSION: 1.10 }
    ports: ['80:80']
    volumes: ['data:/data', 'logs:/logs:ro']
    tmpfs: /run
    depends_on: [db]
    healthcheck: { test: [CMD, 'true'], interval: 7s }
  middle:
    extends: base
    environment: ['A=middle', 'B=x=y']
  web:
    extends: { service: middle }
    image: nginx:1
    command: [nginx]
    environment: { B: web }
    ports: [81]
    volumes: [{ type: volume, source: other, target: /data }]
    tmpfs: [/tmp]
    depends_on: { cache: { condition: service_healthy } }
    healthcheck: { test: exit 0 }
  cache: { image: redis:7, healthcheck: { test: exit 0 } }
  db: { image: postgres:15 }
volumes: { data: , logs: , other: }
`
const service = (name: string) => workloadOf(text).services.find((one) => one.name === name)

describe('a service that extends another of its document', () => {
  it('is that one, with its own on top, however it is written', () => {
    expect(service('web')).toMatchObject({
      image: 'nginx:1',
      args: [['nginx']],
      environment: [
        { name: 'A', value: ['middle'] },
        { name: 'MODE', value: ['0755'] },
        { name: 'VERSION', value: ['1.10'] },
        { name: 'B', value: ['web'] },
      ],
      ports: [{ port: 80 }, { port: 81 }],
      mounts: [
        { volume: 'logs', path: '/logs', readOnly: true },
        { volume: 'other', path: '/data', readOnly: false },
      ],
      tmpfs: [{ path: '/run' }, { path: '/tmp' }],
      dependsOn: [
        { service: 'db', condition: 'started' },
        { service: 'cache', condition: 'healthy' },
      ],
      healthcheck: { command: [['/bin/sh'], ['-c'], ['exit 0']], intervalSeconds: 7 },
    })
  })

  it('leaves the other one as it is', () => {
    expect(service('base')).toMatchObject({
      args: [['sleep'], ['1']],
      ports: [{ port: 80 }],
      tmpfs: [{ path: '/run' }],
    })
  })

  const refused = (services: string) =>
    refusalsOf(`services:\n${services}`).map(({ code, path, line }) => `${code} ${path} ${line}`)
  it.each([
    ['  a: { image: b, extends: c }', ['DEPENDENCY_UNKNOWN /services/a/extends 2']],
    ['  a: { image: b, extends: [c] }', ['TYPE_INVALID /services/a/extends 2']],
    ['  a: { image: b, extends: a }', ['DEPENDENCY_CYCLE /services/a/extends 2']],
    ['  a: { image: b, extends: c }\n  c: { image: b, extends: a }', ['DEPENDENCY_CYCLE /services/c/extends 3']],
    ['  a: { image: b, extends: { service: a, file: c } }', ['EXTENDS_NOT_SUPPORTED /services/a/extends 2']],
    [
      '  a: { image: b, privileged: true }\n  c:\n    extends: a\n    restart: x',
      [
        'PRIVILEGED /services/a/privileged 2',
        'VALUE_INVALID /services/c/restart 5',
        'PRIVILEGED /services/c/privileged 3',
      ],
    ],
  ])('is refused where it cannot be: %j', (services, found) => {
    expect(new Set(refused(services))).toEqual(new Set(found))
  })

  it('and where many of them become too much', () => {
    const variables = Array.from({ length: 2_000 }, (_, index) => `      V${index}: x\n`).join('')
    const copies = Array.from({ length: 60 }, (_, index) => `  c${index}: { extends: a }\n`).join('')
    expect(refused(`  a:\n    image: b\n    environment:\n${variables}${copies}`)).toEqual([
      'TEMPLATE_TOO_LARGE /services 1',
    ])
  })
})
