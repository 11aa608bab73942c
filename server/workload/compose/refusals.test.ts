import { describe, expect, it } from 'vitest'
import { refusalsOf } from '../test/sample.ts'

const service = (lines: string): string =>
  `services:\n  web:\n    image: nginx:1\n    ${lines.trim().replaceAll('\n', '\n    ')}\n`

/** What would break out of a subscription, or cannot mean anything here: code, place and line of each. */
describe('a template is refused', () => {
  it.each([
    [
      'the container runtime itself',
      'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]',
      'DOCKER_SOCKET',
      '/services/web/volumes/0',
      4,
    ],
    [
      'the host by its files',
      'volumes:\n  - data:/data\n  - /etc:/host',
      'BIND_OF_HOST_PATH',
      '/services/web/volumes/1',
      6,
    ],
    ['the home of the host', 'volumes: ["~/data:/data"]', 'BIND_OF_HOST_PATH', '/services/web/volumes/0', 4],
    ['what is above the template', 'volumes: ["../data:/data"]', 'BIND_OF_HOST_PATH', '/services/web/volumes/0', 4],
    [
      'a file that is not there',
      'volumes: ["./a.conf:/etc/a.conf"]',
      'FILE_WITHOUT_CONTENT',
      '/services/web/volumes/0',
      4,
    ],
    ['the whole node', 'privileged: true', 'PRIVILEGED', '/services/web/privileged', 4],
    ['the network of the host', 'network_mode: host', 'HOST_NETWORK', '/services/web/network_mode', 4],
    ['the network of another', 'network_mode: service:vpn', 'NETWORK_SHARED', '/services/web/network_mode', 4],
    ['the processes of the host', 'pid: host', 'HOST_NAMESPACE', '/services/web/pid', 4],
    ['the memory of the host', 'ipc: host', 'HOST_NAMESPACE', '/services/web/ipc', 4],
    ['the users of the host', 'userns_mode: host', 'HOST_NAMESPACE', '/services/web/userns_mode', 4],
    ['devices', 'devices: ["/dev/kvm"]', 'DEVICE_NOT_ALLOWED', '/services/web/devices', 4],
    ['a build', 'build: .', 'BUILD_NOT_SUPPORTED', '/services/web/build', 4],
    [
      'a capability beyond the profile',
      'cap_add: [CHOWN, CAP_SYS_ADMIN]',
      'CAPABILITY_NOT_ALLOWED',
      '/services/web/cap_add/1',
      4,
    ],
    [
      'no confinement',
      'security_opt: ["seccomp:unconfined"]',
      'SECURITY_UNCONFINED',
      '/services/web/security_opt/0',
      4,
    ],
    [
      'a setting of the node',
      'sysctls: { vm.max_map_count: 1 }',
      'SYSCTL_NOT_ALLOWED',
      '/services/web/sysctls/vm.max_map_count',
      4,
    ],
    ['a file beside the template', 'env_file: .env', 'ENV_FILE_NOT_SUPPORTED', '/services/web/env_file', 4],
    ['an unknown word', 'imgae: x', 'KEY_UNKNOWN', '/services/web/imgae', 4],
    ['a port that is none', 'ports: ["80:99999"]', 'PORT_INVALID', '/services/web/ports/0', 4],
    [
      'a duration that is none',
      'healthcheck: { test: a, interval: soon }',
      'DURATION_INVALID',
      '/services/web/healthcheck/interval',
      4,
    ],
    ['an open brace', 'environment: { A: "${B" }', 'INTERPOLATION_INVALID', '/services/web/environment/A', 4],
    ['a dependency on nobody', 'depends_on: [db]', 'DEPENDENCY_UNKNOWN', '/services/web/depends_on/0', 4],
    ['copies of one set of data', 'scale: 2\nvolumes: [data:/data]', 'CLUSTERED_NEEDED', '/services/web', 2],
    ['two things at one path', 'volumes: [a:/data, b:/data]', 'MOUNT_DUPLICATE', '/services/web/volumes', 4],
    [
      'a variable nobody can pass on',
      'environment: { "A B": x }',
      'ENVIRONMENT_NAME_INVALID',
      '/services/web/environment/A B',
      4,
    ],
  ])('that asks for %s', (_, lines, code, path, line) => {
    expect(refusalsOf(service(lines))).toMatchObject([{ code, path, line }])
  })

  it.each([
    ['services:\n  web: {}\n', 'IMAGE_MISSING', '/services/web', 2],
    ['services:\n  web: { image: "a b" }\n', 'IMAGE_INVALID', '/services/web/image', 2],
    ['services:\n  my_db: { image: a }\n  my-db: { image: a }\n', 'ALIAS_COLLISION', '/services/my-db', 3],
    [
      'services:\n  a: { image: a, depends_on: [b] }\n  b: { image: a, depends_on: [a] }\n',
      'DEPENDENCY_CYCLE',
      '/services',
      1,
    ],
    ['services:\n  a: { image: a }\nx-berth: { isolation: restricted }\n', 'ISOLATION_NOT_MET', '/services/a', 2],
    [
      'services:\n  a: { image: a, user: "0" }\nx-berth:\n  isolation: restricted\n',
      'ISOLATION_NOT_MET',
      '/services/a',
      2,
    ],
    ['services:\n  a: { image: a }\nx-berth:\n  colour: red\n', 'X_BERTH_INVALID', '/x-berth', 3],
    [
      'services:\n  a: { image: a }\nx-berth:\n  expose: [{ service: b, port: 80 }]\n',
      'EXPOSE_UNKNOWN_SERVICE',
      '/x-berth/expose/0/service',
      4,
    ],
    ['services: {}\n', 'NO_SERVICES', '/services', 1],
    ['just a text', 'NO_SERVICES', '', 1],
    ['', 'NO_SERVICES', '', 1],
    ['a: [', 'YAML_INVALID', '', 1],
    ['services:\n  a: &x\n    image: a\n    environment:\n      <<: 3\n', 'YAML_INVALID', '', 5],
    [
      'services:\n  a: { image: a, volumes: [d:/d] }\nvolumes:\n  d: { external: true }\n',
      'VOLUME_NOT_SUPPORTED',
      '/volumes/d/external',
      4,
    ],
    ['services:\n  a: { image: a }\ninclude: [b.yaml]\n', 'INCLUDE_NOT_SUPPORTED', '/include', 3],
  ])('%j', (source, code, path, line) => {
    expect(refusalsOf(source)).toMatchObject([{ code, path, line }])
  })

  it('once for everything that is wrong, with a way out of each', () => {
    const refusals = refusalsOf(service('privileged: true\nnetwork_mode: host\npid: host'))
    expect(refusals.map(({ code }) => code)).toEqual(['PRIVILEGED', 'HOST_NETWORK', 'HOST_NAMESPACE'])
    expect(refusals.every(({ wayOut, message }) => wayOut.length > 10 && message.length > 10)).toBe(true)
  })
})
