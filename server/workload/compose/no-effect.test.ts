import { describe, expect, it } from 'vitest'
import { refused, warned } from '../test/one-service.ts'

describe('what has no effect is said', () => {
  it.each([
    ['ulimits: { nofile: { soft: 1, hard: 2 } }', 'KEY_IGNORED /services/web/ulimits'],
    ['labels: [a=b]', 'KEY_IGNORED /services/web/labels'],
    ['init: true', 'KEY_IGNORED /services/web/init'],
    ['extra_hosts: ["host.docker.internal:host-gateway"]', 'KEY_IGNORED /services/web/extra_hosts/0'],
    ['deploy: { placement: { constraints: [node.role == manager] } }', 'KEY_IGNORED /services/web/deploy/placement'],
    [
      'deploy: { resources: { limits: { pids: 9 }, reservations: { generic_resources: [] } } }',
      'KEY_IGNORED /services/web/deploy/resources/reservations/generic_resources',
    ],
    ['env_file: [{ path: .env, required: false }]', 'KEY_IGNORED /services/web/env_file/0'],
    ['network_mode: back', 'NETWORKS_IGNORED /services/web/network_mode'],
    ['networks: { default: { ipv4_address: 10.5.0.5 } }', 'KEY_IGNORED /services/web/networks/default/ipv4_address'],
    ['user: "1000:staff"', 'KEY_IGNORED /services/web/user'],
    ['command: []', 'COMMAND_NOT_CLEARED /services/web/command'],
    ['command: ""', 'COMMAND_NOT_CLEARED /services/web/command'],
    ['healthcheck: { test: [CMD, a, $SERVICE_PASSWORD_B] }', 'SECRET_IN_HEALTHCHECK /services/web/healthcheck/test'],
    [
      'healthcheck: { test: [CMD, a, "${A:-$SERVICE_PASSWORD_B}"] }',
      'SECRET_IN_HEALTHCHECK /services/web/healthcheck/test',
    ],
    ['healthcheck: { test: "a $API_TOKEN" }', 'SECRET_IN_HEALTHCHECK /services/web/healthcheck/test'],
    ['entrypoint: []', 'ENTRYPOINT_NOT_CLEARED /services/web/entrypoint'],
  ])('%s', (lines, expected) => {
    expect(refused(lines)).toEqual([])
    expect(warned(lines)).toContain(expected)
  })

  it('a network that would be cut off from the internet is not', () => {
    const networks = 'networks:\n  back: { internal: true }\n  front: { internal: false }\n  other:\n'
    expect(warned('networks: [back]', networks)).toEqual([
      'NETWORKS_IGNORED /networks',
      'NETWORK_INTERNAL_IGNORED /networks/back/internal',
    ])
  })
})
