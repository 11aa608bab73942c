import { describe, expect, it } from 'vitest'
import { manifests } from '../manifests/index.ts'
import { document, read, refused } from '../test/one-service.ts'
import { inputOf, workloadOf } from '../test/sample.ts'

/** What Compose lets people write in several ways means one thing. */
describe('every form of the specification is read', () => {
  it.each([
    ['ports: [80]', [80]],
    ['ports: ["8080:80"]', [80]],
    ['ports: ["127.0.0.1:8080:80/tcp"]', [80]],
    ['ports: ["[::1]:8080:80"]', [80]],
    ['ports: ["::80"]', [80]],
    ['ports: ["127.0.0.1::80"]', [80]],
    ['ports: ["${PORT:-8080}:80"]', [80]],
    ['ports: ["9000-9002:80-82"]', [80, 81, 82]],
    ['ports: ["8080-8090:80"]', [80]],
    ['ports: [{ target: 80, published: "8080-8090", mode: host, name: web, app_protocol: http }]', [80]],
    ['expose: ["80", 81, "82-83/tcp"]', [80, 81, 82, 83]],
  ])('%s', (lines, ports) => {
    expect(read(lines).ports.map(({ port }) => port)).toEqual(ports)
  })

  it.each([
    ['volumes: ["data:/data"]', { volume: 'data', path: '/data', readOnly: false }],
    ['volumes: ["data:/data:ro,z"]', { volume: 'data', path: '/data', readOnly: true }],
    ['volumes: ["data:/data:nocopy"]', { volume: 'data', path: '/data', readOnly: false }],
    ['volumes: ["/data"]', { volume: 'web-data', path: '/data' }],
    ['volumes: ["./data:/data/"]', { volume: 'data', path: '/data' }],
    ['volumes: [{ type: bind, source: data, target: /data }]', { volume: 'data', path: '/data' }],
    [
      'volumes: [{ type: volume, source: data, target: /data, read_only: true, volume: { nocopy: true, subpath: a/b } }]',
      { volume: 'data', path: '/data', readOnly: true, subPath: 'a/b' },
    ],
  ])('%s', (lines, mount) => {
    expect(read(lines).mounts).toMatchObject([mount])
  })

  it.each(['nginx', 'registry:5000/a/b:1', 'Registry.Example.com/a__b/c.d--e', `a/b@sha256:${'0'.repeat(64)}`])(
    'image: %s',
    (image) => {
      expect(workloadOf(`services: { web: { image: "${image}" } }`).services).toMatchObject([{ image }])
    },
  )

  it('of a kernel setting that is there twice the last, which Kubernetes takes once', () => {
    const sysctls = 'sysctls: [net.ipv4.tcp_syncookies=1, net.ipv4.tcp_fin_timeout=9, net.ipv4.tcp_syncookies=0]'
    expect(read(sysctls).sysctls).toEqual([
      { name: 'net.ipv4.tcp_syncookies', value: '0' },
      { name: 'net.ipv4.tcp_fin_timeout', value: '9' },
    ])
  })

  it('a folder and a volume of one name stay two', () => {
    const mounts = read('volumes: ["data:/a", { type: bind, source: data, target: /b }]').mounts
    expect(new Set(mounts.map(({ volume }) => volume)).size).toBe(2)
  })

  it.each([
    ['tmpfs: /run', [{ path: '/run' }]],
    ['tmpfs: ["/run:size=64m,mode=1777", /tmp]', [{ path: '/run', sizeBytes: 2 ** 26 }, { path: '/tmp' }]],
    ['volumes: [{ type: tmpfs, target: /run, tmpfs: { size: 64mb } }]', [{ path: '/run', sizeBytes: 2 ** 26 }]],
    ['volumes: [{ type: tmpfs, target: /run, tmpfs: { size: 67108864 } }]', [{ path: '/run', sizeBytes: 2 ** 26 }]],
    ['shm_size: 128m', [{ path: '/dev/shm', sizeBytes: 2 ** 27 }]],
  ])('%s', (lines, memory) => {
    expect(read(lines).tmpfs).toEqual(memory)
  })

  it.each([
    [
      'command: redis-server --save "" --dir \'/a b\'',
      { args: [['redis-server'], ['--save'], [], ['--dir'], ['/a b']] },
    ],
    ['command: [a, "b c"]', { args: [['a'], ['b c']] }],
    ['entrypoint: /bin/sh -c', { command: [['/bin/sh'], ['-c']] }],
    // Without an entrypoint, the command is what runs.
    ['entrypoint: []\ncommand: [a, b]', { command: [['a'], ['b']] }],
    ['entrypoint: ""\ncommand: a b', { command: [['a'], ['b']] }],
  ])('%s', (lines, words) => {
    const { command, args } = read(lines)
    expect({ ...(command && { command }), ...(args && { args }) }).toEqual(words)
  })

  it.each([
    ['healthcheck: { test: curl localhost }', [['/bin/sh'], ['-c'], ['curl localhost']]],
    ['healthcheck: { test: [CMD-SHELL, curl localhost] }', [['/bin/sh'], ['-c'], ['curl localhost']]],
    ['healthcheck: { test: [CMD, curl, localhost] }', [['curl'], ['localhost']]],
  ])('%s', (lines, command) => {
    expect(read(lines).healthcheck?.command).toEqual(command)
  })

  it.each(['healthcheck: { disable: true }', 'healthcheck: { test: [NONE] }'])(
    '%s means that there is none',
    (lines) => {
      expect(read(lines)).toMatchObject({ healthcheckDisabled: true })
      expect(read(lines).healthcheck).toBeUndefined()
    },
  )

  it('durations and sizes with their units', () => {
    const lines = `
healthcheck: { test: a, interval: 1m30s, timeout: 500ms, start_period: 1.5h, start_interval: 2s, retries: "5" }
stop_grace_period: 1m
mem_limit: 1.5gb`
    expect(read(lines)).toMatchObject({
      healthcheck: {
        intervalSeconds: 90,
        timeoutSeconds: 0.5,
        startPeriodSeconds: 5400,
        startIntervalSeconds: 2,
        retries: 5,
      },
      stopGracePeriodSeconds: 60,
      weights: { memory: 1.5 * 2 ** 30 },
    })
  })

  it.each([
    ['restart: "no"', 'job'],
    ['restart: no', 'job'],
    ['deploy: { restart_policy: { condition: none } }', 'job'],
    ['deploy: { mode: replicated-job }', 'job'],
    ['exclude_from_hc: true', 'job'],
    ['restart: unless-stopped', 'stateless'],
    ['restart: on-failure:3', 'stateless'],
    ['deploy: { mode: replicated, restart_policy: { condition: any, delay: 5s } }', 'stateless'],
  ])('%s: %s', (lines, kind) => {
    expect(read(lines).kind).toBe(kind)
  })

  it('environment as a map, as a list, and as the slip between them', () => {
    const expected = [
      { name: 'A', value: ['1.10'] },
      { name: 'B', value: ['true'] },
      { name: 'C', value: ['x=y'] },
      { name: 'D', value: [] },
    ]
    expect(read('environment: { A: 1.10, B: true, C: "x=y", D: "" }').environment).toEqual(expected)
    expect(read('environment: [A=1.10, B=true, "C=x=y", "D="]').environment).toEqual(expected)
    expect(read('environment: [A: 1.10, B: true, C: "x=y", D: ""]').environment).toEqual(expected)
    expect(read('environment: { MODE: 0755 }').environment).toEqual([{ name: 'MODE', value: ['0755'] }])
  })

  it('secrets become files that only the pod sees, and configs files that anyone may read', () => {
    const text = document(
      'secrets: [key]\nconfigs: [{ source: conf, target: /etc/a.conf, mode: 0440 }]',
      'secrets: { key: { content: s3cret } }\nconfigs: { conf: { content: "a=${B:-c}" } }\n',
    )
    const objects = manifests(inputOf(workloadOf(text)))
    const datas = (kind: string) => objects.filter((object) => object.kind === kind).map((object) => object['data'])
    expect(datas('Secret')).toEqual([{ '1-key': Buffer.from('s3cret').toString('base64') }])
    expect(datas('ConfigMap')).toEqual([{ '0-a.conf': 'a=c' }])
    expect(workloadOf(text).services[0]?.files).toMatchObject([
      { path: '/etc/a.conf', mode: 0o440 },
      { path: '/run/secrets/key', mode: 0o444, secret: true },
    ])
  })

  it('what a secret is made of is masked in the order, however it is called', () => {
    const secrets = 'secrets: { a: { environment: LOGIN }, b: { content: "${CODE:-${OTHER}} $HOST" } }'
    const asked = workloadOf(document('environment: [PLAIN, DB_PWD]', secrets)).parameters
    expect(asked.map(({ name, secret }) => [name, secret])).toEqual([
      ...[
        ['LOGIN', true],
        ['CODE', true],
        ['OTHER', true],
        ['HOST', true],
      ],
      ...[
        ['PLAIN', false],
        ['DB_PWD', true],
      ],
    ])
  })

  it('name servers, hosts, terminals and processors reach the pod', () => {
    const lines = `
dns: [1.1.1.1, "2606:4700::1111"]
dns_search: example.com
dns_opt: [ndots:2, use-vc]
extra_hosts: ["a:10.0.0.1", "b=[::1]", "c=10.0.0.2"]
tty: true
stdin_open: true
platform: linux/arm64/v8`
    const deployment = manifests(inputOf(workloadOf(document(lines)))).find(({ kind }) => kind === 'Deployment')
    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            dnsConfig: {
              nameservers: ['1.1.1.1', '2606:4700::1111'],
              searches: ['example.com'],
              options: [{ name: 'ndots', value: '2' }, { name: 'use-vc' }],
            },
            hostAliases: [
              { ip: '10.0.0.1', hostnames: ['a'] },
              { ip: '::1', hostnames: ['b'] },
              { ip: '10.0.0.2', hostnames: ['c'] },
            ],
            affinity: {
              nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                  nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/arch', values: ['arm64'] }] }],
                },
              },
            },
            containers: [{ tty: true, stdin: true }],
          },
        },
      },
    })
  })

  it('services for different processors are not put on one node', () => {
    const text = 'services:\n  a: { image: a, platform: linux/amd64 }\n  b: { image: b, platform: linux/arm64 }\n'
    expect(workloadOf(text).services.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64'])
  })

  it('dependencies that are optional, long, short or left out with their profile', () => {
    const text = `
services:
  web:
    image: a
    depends_on:
      db: { condition: service_healthy, restart: true }
      gone: { condition: service_started, required: false }
      tool: { condition: service_started }
  db: { image: b }
  tool: { image: c, profiles: [debug] }
`
    expect(workloadOf(text).services[0]?.dependsOn).toEqual([{ service: 'db', condition: 'healthy' }])
  })

  it('anchors, merges, extensions and empty values, wherever they stand', () => {
    const text = `
version: 3.9
name: shop
x-common: &common
  environment: &environment { A: "1" }
  x-note: anything
services:
  web:
    <<: *common
    image: a
    environment: { <<: *environment, B: "2" }
    ports:
    labels:
    deploy: { x-more: { a: 1 } }
  db:
    <<: [*common, { image: b }]
networks: { default: , back: { internal: true, x-a: 1 } }
volumes: { data: , more: { x-b: 1 } }
`
    const { services } = workloadOf(text)
    expect(services.map(({ image }) => image)).toEqual(['a', 'b'])
    expect(services[0]?.environment.map(({ name }) => name)).toEqual(['A', 'B'])
  })

  it('of an address or a kernel setting that is there twice, a cluster gets one: it takes them for keys', () => {
    const lines = `
extra_hosts: ["a:10.0.0.1", "b:10.0.0.1", "a:10.0.0.1"]
sysctls: ["net.ipv4.tcp_syncookies=1", "net.ipv4.tcp_syncookies=0"]`
    const deployment = manifests(inputOf(workloadOf(document(lines)))).find(({ kind }) => kind === 'Deployment')
    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            hostAliases: [{ ip: '10.0.0.1', hostnames: ['a', 'b'] }],
            securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '0' }] },
          },
        },
      },
    })
  })
})

describe('a boolean', () => {
  it.each(['yes', 'Yes', 'on', 'Y', '"true"', 'TRUE'])('%s is true, as Compose takes it', (word) => {
    expect(refused(`privileged: ${word}`)).toEqual(['PRIVILEGED /services/web/privileged'])
  })
  it.each(['no', 'off', 'N', '"false"'])('%s is false', (word) => {
    expect(refused(`privileged: ${word}`)).toEqual([])
  })
})
