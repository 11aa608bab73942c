import { describe, expect, it } from 'vitest'
import { manifests } from '../manifests/index.ts'
import type { ServiceSpec } from '../spec.ts'
import { inputOf, refusalsOf, workloadOf } from '../test/sample.ts'
import { parseTemplate } from './parse.ts'

const document = (lines: string, rest = ''): string =>
  `services:\n  web:\n    image: nginx:1\n    ${lines.trim().replaceAll('\n', '\n    ')}\n${rest}`
const read = (lines: string, rest = ''): ServiceSpec => {
  const [service] = workloadOf(document(lines, rest)).services
  if (!service) throw new Error('there is no service')
  return service
}
const warned = (lines: string, rest = ''): string[] => {
  const result = parseTemplate(document(lines, rest))
  return result.warnings.map(({ code, path }) => `${code} ${path}`)
}
const refused = (lines: string, rest = ''): string[] =>
  refusalsOf(document(lines, rest)).map(({ code, path }) => `${code} ${path}`)

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
})

describe('a boolean', () => {
  it.each(['yes', 'Yes', 'on', 'Y', '"true"', 'TRUE'])('%s is true, as Compose takes it', (word) => {
    expect(refused(`privileged: ${word}`)).toEqual(['PRIVILEGED /services/web/privileged'])
  })
  it.each(['no', 'off', 'N', '"false"'])('%s is false', (word) => {
    expect(refused(`privileged: ${word}`)).toEqual([])
  })
})

describe('a slip of the pen is refused where it is', () => {
  it.each([
    ['command: echo "a', 'COMMAND_INVALID /services/web/command'],
    ['restart: allways', 'VALUE_INVALID /services/web/restart'],
    ['deploy: { mode: globel }', 'VALUE_INVALID /services/web/deploy/mode'],
    ['deploy: { resources: { limits: { cpu: 1 } } }', 'KEY_UNKNOWN /services/web/deploy/resources/limits/cpu'],
    [
      'depends_on: { web2: { conditions: x, required: false } }',
      'KEY_UNKNOWN /services/web/depends_on/web2/conditions',
    ],
    ['ports: [{ target: 80, publish: 80 }]', 'KEY_UNKNOWN /services/web/ports/0/publish'],
    ['ports: ["http:80"]', 'PORT_INVALID /services/web/ports/0'],
    ['volumes: ["data:/data:rw:ro"]', 'MOUNT_PATH_INVALID /services/web/volumes/0'],
    ['volumes: ["data:/data:readwrite"]', 'MOUNT_PATH_INVALID /services/web/volumes/0'],
    [
      'volumes: [{ type: volume, source: a, target: /a, volume: { no_copy: true } }]',
      'KEY_UNKNOWN /services/web/volumes/0/volume/no_copy',
    ],
    ['volumes: ["C:\\\\data:/data"]', 'BIND_OF_HOST_PATH /services/web/volumes/0'],
    ['volumes: ["./a/../../b:/data"]', 'BIND_OF_HOST_PATH /services/web/volumes/0'],
    ['volumes: ["/run/containerd/containerd.sock:/a"]', 'DOCKER_SOCKET /services/web/volumes/0'],
    ['dns: [one.one.one.one]', 'VALUE_INVALID /services/web/dns/0'],
    ['platform: windows/amd64', 'PLATFORM_NOT_SUPPORTED /services/web/platform'],
    ['network_mode: none', 'NETWORK_NONE /services/web/network_mode'],
    ['networks: [back]', 'NETWORK_UNKNOWN /services/web/networks/0'],
    ['networks: { default: { alias: [a] } }', 'KEY_UNKNOWN /services/web/networks/default/alias'],
    ['runtime: nvidia', 'DEVICE_NOT_ALLOWED /services/web/runtime'],
    ['gpus: all', 'DEVICE_NOT_ALLOWED /services/web/gpus'],
    ['labels: yes', 'TYPE_INVALID /services/web/labels'],
    ['init: maybe', 'TYPE_INVALID /services/web/init'],
    ['profiles: debug', 'TYPE_INVALID /services/web/profiles'],
    ['env_file: [{ path: .env, required: true }]', 'ENV_FILE_NOT_SUPPORTED /services/web/env_file/0'],
    ['environment: [SERVICE_URL_WEB=/a//b]', 'EXPOSE_PATH_INVALID /services/web/environment/0'],
    ['environment: { A: "a ${B" }', 'INTERPOLATION_INVALID /services/web/environment/A'],
    [
      'configs: [{ source: a, tarjet: /a }]',
      'KEY_UNKNOWN /services/web/configs/0/tarjet',
      'configs: { a: { content: a } }',
    ],
    ['secrets: [a]', 'CONFIG_EXTERNAL /secrets/a/external', 'secrets: { a: { external: true } }'],
    [
      'volumes: [d:/d]',
      'BIND_OF_HOST_PATH /volumes/d/driver_opts/device',
      'volumes: { d: { driver_opts: { type: none, o: bind, device: /srv } } }',
    ],
    [
      'volumes: [d:/d]',
      'VOLUME_NOT_SUPPORTED /volumes/d/driver_opts',
      'volumes: { d: { driver_opts: { type: nfs, device: ":/srv" } } }',
    ],
    ['volumes: [d:/d]', 'KEY_UNKNOWN /volumes/d/drive', 'volumes: { d: { drive: local } }'],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/parameters/A/pattern',
      'x-berth: { parameters: { A: { pattern: "(?=a)" } } }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/expose/0/path',
      'x-berth: { expose: [{ service: web, port: 80, path: /a/../b }] }',
    ],
  ])('%s', (lines, expected, rest = '') => {
    expect(refused(lines, rest)).toContain(expected)
  })

  it('and says where in a long text', () => {
    const [refusal] = refusalsOf(document('command:\n  - |\n    echo a\n    echo $(date)'))
    expect(refusal?.message).toBe('This is not a variable of Compose, line 2 of the text, character 6: $(date)\n')
  })

  it('copies of a clustered service never take the name of another one', () => {
    const text = `
services:
  db: { image: a, scale: 2, volumes: [data:/data] }
  db-1: { image: b }
x-berth: { services: { db: { clustered: true } } }
`
    expect(refusalsOf(text)).toMatchObject([{ code: 'ALIAS_COLLISION', path: '/services/db' }])
  })

  it('more text than a cluster stores, even where aliases made it', () => {
    const text = `
x-text: &text "${'x'.repeat(200_000)}"
services:
  a:
    image: a
    environment: { A: *text, B: *text, C: *text, D: *text, E: *text }
`
    expect(refusalsOf(text)).toMatchObject([{ code: 'SERVICE_TOO_LARGE', path: '/services/a' }])
    const many = Array.from({ length: 10_000 }, (_, index) => `      V${index}: 1\n`).join('')
    expect(refusalsOf(`services:\n  a:\n    image: b\n    environment:\n${many}`)).toMatchObject([
      { code: 'SERVICE_TOO_LARGE', path: '/services/a' },
    ])
  })
})

describe('what has no effect is said', () => {
  it.each([
    ['ulimits: { nofile: { soft: 1, hard: 2 } }', 'KEY_IGNORED /services/web/ulimits'],
    ['labels: [a=b]', 'KEY_IGNORED /services/web/labels'],
    ['init: true', 'KEY_IGNORED /services/web/init'],
    ['extra_hosts: ["host.docker.internal:host-gateway"]', 'KEY_IGNORED /services/web/extra_hosts/0'],
    ['deploy: { placement: { constraints: [node.role == manager] } }', 'KEY_IGNORED /services/web/deploy/placement'],
    ['env_file: [{ path: .env, required: false }]', 'KEY_IGNORED /services/web/env_file/0'],
    ['network_mode: back', 'NETWORKS_IGNORED /services/web/network_mode'],
    ['networks: { default: { ipv4_address: 10.5.0.5 } }', 'KEY_IGNORED /services/web/networks/default/ipv4_address'],
    ['entrypoint: []', 'ENTRYPOINT_NOT_CLEARED /services/web/entrypoint'],
  ])('%s', (lines, expected) => {
    expect(refused(lines)).toEqual([])
    expect(warned(lines)).toContain(expected)
  })
})
