import { describe, expect, it } from 'vitest'
import { document, refused } from '../test/one-service.ts'
import { refusalsOf } from '../test/sample.ts'

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
    ['user: "1000:99999999999"', 'USER_INVALID /services/web/user'],
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
    ['cap_drop: [NET_RAWW]', 'VALUE_INVALID /services/web/cap_drop/0'],
    [
      'configs: [{ source: a, target: /a, mode: 04755 }]',
      'NUMBER_INVALID /services/web/configs/0/mode',
      'configs: { a: { content: a } }',
    ],
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
      'X_BERTH_INVALID /x-berth/parameters/A/pattern',
      `x-berth: { parameters: { A: { pattern: "${'a{1000}'.repeat(6)}" } } }`,
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/services/web/weights/cpu',
      'x-berth: { services: { web: { weights: { cpu: 1.7e308 } } } }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/expose/0/path',
      'x-berth: { expose: [{ service: web, port: 80, path: /a/../b }] }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/expose/1',
      'x-berth: { expose: [{ service: web, port: 80, path: /a }, { service: web, port: 81, path: /a/ }] }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/parameters/A/minimum',
      'x-berth: { parameters: { A: { type: integer, minimum: 2, maximum: 1 } } }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/parameters/A/minLength',
      'x-berth: { parameters: { A: { minLength: 2, maxLength: 1 } } }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/parameters/A/enum',
      'x-berth: { parameters: { A: { type: integer, enum: [1, few] } } }',
    ],
    [
      'user: "1000"',
      'X_BERTH_INVALID /x-berth/parameters/SERVICE_PASSWORD_A/type',
      'x-berth: { parameters: { SERVICE_PASSWORD_A: {} } }',
    ],
  ])('%s', (lines, expected, rest = '') => {
    expect(refused(lines, rest)).toContain(expected)
  })

  it.each(['a//b', 'a/../b', 'a/Upper', 'a/b:', 'a/b@sha256:12', 'a/b c', '-a', 'a/b:${TAG:-x y}'])(
    'an image called %s',
    (image) => {
      expect(refusalsOf(`services: { web: { image: "${image}" } }`)).toMatchObject([{ code: 'IMAGE_INVALID' }])
    },
  )

  it.each([
    ['/x-berth/connection', '{ connection: [{ name: a, label: A, value: x }, { name: a, label: B, value: y }] }'],
    [
      '/x-berth/actions',
      '{ actions: [{ name: a, title: A, service: web, command: x }, { name: a, title: B, service: web, command: y }] }',
    ],
    ['/x-berth/backup/snapshot/0', '{ backup: { snapshot: [data] } }'],
    ['/x-berth/parameters/a-b', '{ parameters: { a-b: {} } }'],
  ])('in x-berth, what could not be found again: %s', (path, block) => {
    expect(refused('user: "1000"', `x-berth: ${block}`)).toEqual([`X_BERTH_INVALID ${path}`])
  })

  it('a template of which every service is left out', () => {
    expect(refused('profiles: [debug]')).toEqual(['NO_SERVICES /services'])
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
})
