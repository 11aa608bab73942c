import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seedCatalog } from '../../db/catalog/index.ts'
import { kubernetesTargets } from '../../test/kubernetes.ts'
import { manifests, type ManifestInput } from '../manifests/index.ts'
import { inputOf, seedSource, workloadOf } from '../test/sample.ts'
import { planUpgrade } from './index.ts'

const services = (text: string): string => `services:\n  ${text.trim().replaceAll('\n', '\n  ')}\n`
const input = (text: string, changes: Partial<ManifestInput> = {}): ManifestInput =>
  inputOf(workloadOf(services(text)), changes)
const plan = (storageBytes: number) => ({ cpuMillicores: 250, memoryBytes: 2 ** 29, storageBytes, replicas: 3 })

const database = 'db: { image: "postgres:15", volumes: [data:/data], ports: ["5432"] }'

describe('an upgrade that would leave data behind is refused', () => {
  it.each([
    ['its volume removed', database, 'db: { image: "postgres:16" }', 'VOLUME_REMOVED', 'data'],
    ['its volume renamed', database, 'db: { image: "postgres:16", volumes: [store:/data] }', 'VOLUME_RENAMED', 'data'],
    [
      'a nameless volume, whose name is that of its service',
      'db: { image: a, volumes: [/data] }',
      'database: { image: a, volumes: [/data] }',
      'VOLUME_RENAMED',
      'db-data',
    ],
  ])('%s', (_, before, after, code, subject) => {
    const found = planUpgrade(input(before), input(after))
    expect(found.verdict).toBe('refused')
    expect(found.refusals).toMatchObject([{ code, subject }])
    expect(found.refusals.every(({ reason, wayOut }) => reason.endsWith('.') && wayOut.endsWith('.'))).toBe(true)
  })

  it('fewer copies of a clustered service, each with data of its own', () => {
    const clustered = (copies: number) =>
      inputOf(
        workloadOf(
          `${services(`db: { image: a, scale: ${copies}, volumes: [data:/data] }`)}x-berth: { services: { db: { clustered: true } } }\n`,
        ),
        { plan: plan(2 ** 30) },
      )
    expect(planUpgrade(clustered(3), clustered(2)).refusals).toMatchObject([
      { code: 'COPIES_REMOVED', subject: 'data-2' },
    ])
    expect(planUpgrade(clustered(2), clustered(3)).verdict).toBe('in-place')
  })

  it('a smaller plan than what is stored in', () => {
    const found = planUpgrade(input(database, { plan: plan(2 ** 31) }), input(database, { plan: plan(2 ** 30) }))
    expect(found.refusals).toMatchObject([{ code: 'VOLUME_SHRUNK', subject: 'data' }])
  })

  it('more storage where volumes cannot grow, before the cluster refuses it for ever', () => {
    const small = { ...input(database, { plan: plan(2 ** 30) }) }
    const existingClaims = { data: { sizeBytes: 2 ** 30, storageClass: 'local-path', expandable: false } }
    const found = planUpgrade({ ...small, existingClaims }, input(database, { plan: plan(2 ** 31) }))
    expect(found.refusals).toMatchObject([{ code: 'VOLUME_CANNOT_GROW', subject: 'data' }])
    const claim = manifests({ ...input(database, { plan: plan(2 ** 31) }), existingClaims }).find(
      ({ kind }) => kind === 'PersistentVolumeClaim',
    )
    expect(claim).toMatchObject({ spec: { resources: { requests: { storage: '1Gi' } } } })
  })

  it('a parameter that the next revision needs and nobody gave', () => {
    const next = input(
      'db: { image: a, volumes: [data:/data], ports: ["5432"], environment: { KEY: "${LICENSE:?needed}" } }',
    )
    expect(planUpgrade(input(database), next).refusals).toMatchObject([
      { code: 'PARAMETER_NEEDED', subject: 'LICENSE' },
    ])
    const given = { ...next, subscription: { ...next.subscription, parameters: { LICENSE: 'x' } } }
    expect(planUpgrade(input(database), given).verdict).toBe('in-place')
  })

  it('values that come to more than a cluster stores', () => {
    const holes = '${NOTE} '.repeat(300)
    const next = input(`db: { image: a, volumes: [data:/data], ports: ["5432"], environment: { NOTES: "${holes}" } }`)
    const noted = (NOTE: string) => ({ ...next, subscription: { ...next.subscription, parameters: { NOTE } } })
    expect(planUpgrade(input(database), noted('x'.repeat(4096))).refusals).toMatchObject([
      { code: 'PARAMETERS_TOO_LONG' },
    ])
    expect(planUpgrade(input(database), noted('x')).verdict).toBe('in-place')
  })
})

describe('an upgrade in place', () => {
  it('is every state to itself', () => {
    for (const seed of seedCatalog) {
      const same = inputOf(workloadOf(seedSource(seed)))
      expect(planUpgrade(same, same)).toEqual({ verdict: 'in-place', refusals: [], steps: [], notes: [] })
    }
  })

  it('keeps a volume as large as it is when another one joins it', () => {
    const found = planUpgrade(
      input(database),
      input('db: { image: "postgres:16", volumes: [data:/data, logs:/logs], ports: ["5432"] }'),
    )
    expect(found.verdict).toBe('in-place')
    expect(found.notes).toEqual(['The volume data keeps its 1073741824 bytes: a volume cannot shrink.'])
  })
})

const migrations: [string, string, string, object[]][] = [
  [
    'a service is renamed and keeps its volume',
    database,
    'database: { image: "postgres:15", volumes: [data:/data], ports: ["5432"] }',
    [{ action: 'stop-first', kind: 'StatefulSet', name: 'db' }],
  ],
  [
    'a service begins to keep data',
    'web: { image: a, ports: ["80"] }',
    'web: { image: a, ports: ["80"], volumes: [data:/data] }',
    [{ action: 'stop-first', kind: 'Deployment', name: 'web' }],
  ],
  [
    'a service no longer declares ports',
    'web: { image: a, ports: ["80"] }',
    'web: { image: a }',
    [{ action: 'recreate', kind: 'Service', name: 'web' }],
  ],
  [
    'a service begins to declare ports',
    'web: { image: a }',
    'web: { image: a, ports: ["80"] }',
    [{ action: 'recreate', kind: 'Service', name: 'web' }],
  ],
  ['only the image changes', database, database.replace(':15', ':16'), []],
]

describe.each(kubernetesTargets())('planned steps, on the $name', ({ start }) => {
  it('are what it takes for the cluster to accept the next state, and no more', async () => {
    const cluster = await start()
    try {
      for (const [, before, after, steps] of migrations) {
        const namespace = await cluster.createNamespace()
        const id = namespace.slice('berth-'.length)
        const inside = (text: string): ManifestInput => {
          const example = input(text)
          return { ...example, subscription: { ...example.subscription, id }, running: false }
        }
        const applied = (text: string) =>
          manifests(inside(text)).filter(({ kind }) => !['Namespace', 'ResourceQuota', 'NetworkPolicy'].includes(kind))
        for (const object of applied(before)) await cluster.admin.apply(object)
        const found = planUpgrade(inside(before), inside(after))
        expect(found.steps).toMatchObject(steps)
        expect(found.verdict).toBe(steps.length > 0 ? 'migration' : 'in-place')
        for (const { kind, name } of found.steps) {
          const apiVersion = kind === 'Service' ? 'v1' : 'apps/v1'
          await cluster.admin.delete({ apiVersion, kind, name, namespace })
        }
        for (const object of applied(after)) await cluster.admin.apply(object)
      }
    } finally {
      await cluster.stop()
    }
  })
})

describe('whatever two revisions say', () => {
  const volume = fc.constantFrom('data:/data', 'logs:/logs', '/cache', 'data:/other')
  const shape = fc.record({
    name: fc.constantFrom('web', 'db', 'worker'),
    volumes: fc.uniqueArray(volume, { maxLength: 2, selector: (text) => text.split(':').at(-1) }),
    ports: fc.boolean(),
    once: fc.boolean(),
  })
  const revision = fc
    .uniqueArray(shape, { minLength: 1, maxLength: 3, selector: ({ name }) => name })
    .map((shapes) =>
      shapes
        .map(
          ({ name, volumes, ports, once }) =>
            `${name}: { image: a, volumes: ${JSON.stringify(volumes)}${ports ? ', ports: ["80"]' : ''}${once ? ', restart: "no"' : ''} }`,
        )
        .join('\n'),
    )
  it('every claim that held data is still there, or the upgrade is refused', () => {
    fc.assert(
      fc.property(revision, revision, (before, after) => {
        const found = planUpgrade(input(before), input(after))
        const claims = (text: string) =>
          manifests(input(text)).flatMap(({ kind, metadata }) =>
            kind === 'PersistentVolumeClaim' ? [metadata.name] : [],
          )
        const isLost = claims(before).some((name) => !claims(after).includes(name))
        expect(found.verdict === 'refused').toBe(isLost)
      }),
      { numRuns: 150 },
    )
  })
})
