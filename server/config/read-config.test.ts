import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig, type Environment } from './read-config.ts'
import { settings, type Setting } from './settings.ts'

/** The one sentence that an environment is refused with. */
const refusal = (env: Environment): string => {
  try {
    readConfig(env)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

test('an empty environment and one of empty values are the same, and both are enough', () => {
  const empty = Object.fromEntries(Object.keys(settings).map((name) => [name, '']))
  expect(readConfig(empty)).toEqual(readConfig({}))
  expect(readConfig({})).toMatchObject({ port: 3000, publicUrl: 'http://localhost:3000', simulator: { nodes: 3 } })
  expect(readConfig({}).databaseUrl).toBeUndefined()
})

test.each(Object.entries<Setting>(settings))('the example and the default of %s are themselves accepted', (_, row) => {
  expect(row.schema.safeParse(row.example).success).toBe(true)
  if (row.fallback !== undefined) expect(row.schema.safeParse(row.fallback).success).toBe(true)
})

test.each([
  ['PORT', '80a'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['BERTH_PUBLIC_URL', 'berth.example.com'],
  ['BERTH_TRUST_PROXY', 'true'],
  ['BERTH_ROLES', 'api,cleaner'],
  ['BERTH_ROLES', ','],
  ['BERTH_BLOCKED_CIDRS', '10.0.0.0/33'],
  ['BERTH_BLOCKED_CIDRS', '10.0.0.0'],
  ['BERTH_CLUSTER_STORAGE', '5 GB'],
  ['BERTH_CPU_OVERCOMMIT', '0.5'],
  ['BERTH_SIMULATOR_NODES', '0'],
  ['BERTH_LOG_LEVEL', 'loud'],
  ['BERTH_BASE_DOMAIN', 'under_score.example.com'],
  ['BERTH_INGRESS_SELECTOR', 'ingress'],
  ['BERTH_ADMIN_EMAIL', 'nobody'],
  ['KUBECONFIG', '/nowhere/kubeconfig'],
])('a wrong %s (%s) is refused by name, value and example, in one sentence', (name, value) => {
  const sentence = refusal({ [name]: value })
  expect(sentence).toContain(`${name} is "${value}", but must be`)
  expect(sentence).toContain(`for example ${name}=`)
  expect(sentence.match(/\. |\n/g)).toBeNull()
})

test('a wrong secret is refused without repeating it', () => {
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'SMTP_URL', 'BERTH_ENCRYPTION_KEYS', 'BERTH_ADMIN_PASSWORD']) {
    expect(refusal({ [name]: 'hunter2' })).toMatch(new RegExp(`^${name} is not right: it must be (?!.*hunter2)`))
  }
})

test('a database of its own without keys of its own is refused: its secrets would be lost with the folder', () => {
  expect(refusal({ DATABASE_URL: 'postgres://berth@localhost/berth' })).toMatch(/^BERTH_ENCRYPTION_KEYS is not set/)
})

test('a mistyped name is not silently ignored', () => {
  expect(refusal({ BERTH_ADMIN_MAIL: 'a@example.com' })).toContain('did you mean BERTH_ADMIN_EMAIL=')
  expect(refusal({ BERTH_TRUSTPROXY: '1' })).toContain('did you mean BERTH_TRUST_PROXY=')
  expect(refusal({ BERTH_HOTS: '::' })).toContain('did you mean HOST=')
  expect(refusal({ BERTH_DATABASE_URL: 'postgres://x' })).toContain('did you mean DATABASE_URL=')
  expect(refusal({ BERTH_URL: 'http://localhost:3000', BERTH_TEST_KUBECONFIG: '/x', OTHER: 'x' })).toBe('accepted')
})

test.each(['BERTH_CACHE_BACKEND', 'BERTH_LICENSE', 'BERTH_FOO', 'BERTH_X', 'BERTH_REDIS_SENTINELS'])(
  '%s, which is like no setting, is not answered with one that has nothing to do with it',
  (name) => {
    expect(refusal({ [name]: 'x' })).toBe(
      `${name} is not a setting of Berth; docs/settings.md lists all that there are.`,
    )
  },
)

test('values become what the code works with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'kubeconfig'), '')
  const key = Buffer.alloc(32, 7).toString('base64')
  expect(
    readConfig({
      PORT: ' 8080 ',
      KUBECONFIG: join(folder, 'kubeconfig'),
      BERTH_PUBLIC_URL: 'https://berth.example.com/',
      BERTH_TRUST_PROXY: 'loopback, 10.0.0.0/8',
      BERTH_ENCRYPTION_KEYS: `new:${key},old:${Buffer.alloc(32).toString('base64')}`,
      BERTH_ROLES: 'worker,api',
      BERTH_CLUSTER_STORAGE: '500Gi',
      BERTH_CPU_OVERCOMMIT: '1.5',
      BERTH_INGRESS_SELECTOR: 'ingress-system:app.kubernetes.io/name=ingress,tier=edge',
      BERTH_REGISTRATIONS: 'off',
    }),
  ).toMatchObject({
    port: 8080,
    kubeconfig: { file: join(folder, 'kubeconfig') },
    publicUrl: 'https://berth.example.com',
    trustProxy: 'loopback, 10.0.0.0/8',
    encryptionKeys: [{ id: 'new', key: Buffer.alloc(32, 7) }, { id: 'old' }],
    roles: ['api', 'worker'],
    registrations: 'closed',
    cluster: {
      storageBytes: 500 * 2 ** 30,
      cpuOvercommitPercent: 150,
      ingressSelector: {
        namespace: 'ingress-system',
        podLabels: { 'app.kubernetes.io/name': 'ingress', tier: 'edge' },
      },
    },
  })
  expect(readConfig({ BERTH_TRUST_PROXY: '2' }).trustProxy).toBe(2)
})
