import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { at, compose, containerOf, find, named, podOf, seeds, type Fields } from '../test/objects.ts'
import { inputOf, refusalsOf, workloadOf } from '../test/sample.ts'
import type { WorkloadSpec } from '../spec.ts'
import { endpointsOf, manifests, startOrder, type KubernetesObject } from './index.ts'

describe('a subscription’s objects', () => {
  it('are the same bytes for the same input', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        ({ spec }, running, replicas) => {
          const plan = { cpuMillicores: 500, memoryBytes: 2 ** 29, storageBytes: 2 ** 30, replicas }
          const build = () => JSON.stringify(manifests(inputOf(structuredClone<WorkloadSpec>(spec), { running, plan })))
          expect(build()).toBe(build())
        },
      ),
      { numRuns: 40 },
    )
  })

  it.each(seeds)('of $slug carry who they belong to, and come in an order that can be applied', ({ spec }) => {
    const objects = manifests(inputOf(spec))
    for (const { kind, metadata } of objects) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/managed-by': 'berth',
        'berth.dev/subscription': '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
        'berth.dev/plan': 'small',
      })
      expect(metadata.annotations).toMatchObject({ 'berth.dev/generation': '3' })
      expect(metadata.namespace).toBe(kind === 'Namespace' ? undefined : 'berth-0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b')
    }
    const rank = ['Namespace', 'ResourceQuota', 'LimitRange', 'NetworkPolicy', 'ServiceAccount', 'Secret', 'ConfigMap']
    const order = [
      ...rank,
      'PersistentVolumeClaim',
      'Service',
      'Deployment',
      'StatefulSet',
      'Job',
      'Ingress',
      'PodDisruptionBudget',
    ]
    const workload = (kind: string) => (['Deployment', 'StatefulSet', 'Job'].includes(kind) ? 'Deployment' : kind)
    const ranks = objects.map(({ kind }) => order.indexOf(workload(kind)))
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
    const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('stop without losing anything but what runs', () => {
    for (const { spec } of seeds) {
      const running = manifests(inputOf(spec))
      const stopped = manifests(inputOf(spec, { running: false }))
      expect(stopped.map(({ kind, metadata }) => [kind, metadata.name])).toEqual(
        running.map(({ kind, metadata }) => [kind, metadata.name]),
      )
      for (const object of stopped) {
        if (object.kind === 'Deployment' || object.kind === 'StatefulSet')
          expect(at(object, 'spec', 'replicas')).toBe(0)
      }
    }
  })

  it('restart nothing when only plan, revision or generation have new names', () => {
    const input = named('postgres')
    const renamed = {
      ...input,
      subscription: { ...input.subscription, planSlug: 'big', revisionId: 'other', generation: 9 },
    }
    const template = (objects: KubernetesObject[]) => at(find(objects, 'StatefulSet'), 'spec', 'template')
    expect(template(manifests(renamed))).toEqual(template(manifests(input)))
  })

  it('restart pods when a value changes that they read by reference', () => {
    const input = named('postgres')
    const changed = { ...input, secrets: { ...input.secrets, SERVICE_PASSWORD_POSTGRES: 'other' } }
    const checksum = (objects: KubernetesObject[]) =>
      at(find(objects, 'StatefulSet'), 'spec', 'template', 'metadata', 'annotations', 'berth.dev/checksum')
    expect(checksum(manifests(changed))).not.toBe(checksum(manifests(input)))
  })
})

describe('what pods may do', () => {
  it.each(seeds.filter(({ spec }) => spec.isolation === 'restricted'))(
    '$slug keeps the restricted profile completely',
    ({ spec }) => {
      const objects = manifests(inputOf(spec))
      expect(find(objects, 'Namespace')?.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted')
      expect(at(find(objects, 'ServiceAccount'), 'automountServiceAccountToken')).toBe(false)
      for (const { name } of spec.services) {
        const pod = podOf(objects, name)
        expect(pod).toMatchObject({
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        })
        const { runAsUser, runAsGroup, fsGroup } = pod['securityContext'] as Fields
        expect([runAsUser, runAsGroup, fsGroup].every((id) => Number(id) > 0)).toBe(true)
        const container = containerOf(objects, name)
        expect(container['securityContext']).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          privileged: false,
        })
        expect(at(container, 'resources', 'requests')).toEqual(at(container, 'resources', 'limits'))
      }
    },
  )

  it('what is secret is in no pod, in no annotation and in no command', () => {
    for (const { spec } of seeds) {
      const input = inputOf(spec)
      const shown = manifests(input).filter(({ kind }) => kind !== 'Secret')
      for (const [name, value] of Object.entries(input.secrets)) {
        if (!name.startsWith('SERVICE_USER')) expect(JSON.stringify(shown)).not.toContain(value)
      }
    }
  })

  it('a dollar reaches the container as it was written', () => {
    const objects = compose(`
services:
  a: { image: a, environment: { A: 'x$$(HOME)$$$$y' }, command: ['echo', '$$(A)'] }
`)
    const container = containerOf(objects, 'a')
    expect(container['env']).toEqual([{ name: 'A', value: 'x$$(HOME)$$$$y' }])
    expect(container['args']).toEqual(['echo', '$$(A)'])
  })
})

describe('what Compose says becomes', () => {
  it('one set on one node, without a surge, where services share a volume', () => {
    const text = `
services:
  a: { image: a, volumes: [data:/data] }
  b: { image: b, volumes: ['data:/in:ro'] }
  c: { image: c }
`
    const objects = compose(text)
    expect(objects.filter(({ kind }) => kind === 'StatefulSet')).toHaveLength(2)
    expect(objects.filter(({ kind }) => kind === 'PersistentVolumeClaim')).toHaveLength(1)
    for (const name of ['a', 'b']) expect(at(podOf(objects, name), 'affinity', 'podAffinity')).toBeDefined()
    expect(podOf(objects, 'c')['affinity']).toBeUndefined()
  })

  it('a job that runs again only when something in it changes', () => {
    const text = (command: string) => `
services:
  migrate: { image: a, restart: 'no', command: ${command} }
  web: { image: b, depends_on: { migrate: { condition: service_completed_successfully } } }
`
    const jobs = [text('one'), text('one'), text('two')].map((source) => find(compose(source), 'Job')?.metadata.name)
    expect(jobs[0]).toBe(jobs[1])
    expect(jobs[2]).not.toBe(jobs[0])
    expect(startOrder(workloadOf(text('one')))).toEqual([['migrate'], ['web']])
  })

  it('probes that let a slow start be slow, and never restart on one slow second', () => {
    const text = `
services:
  db:
    image: a
    healthcheck: { test: 'check || exit 1', interval: 1s, timeout: 1s, retries: 1 }
`
    const container = containerOf(compose(text), 'db')
    expect(container['readinessProbe']).toMatchObject({
      exec: { command: ['/bin/sh', '-c', 'check || exit 1'] },
      periodSeconds: 1,
    })
    const { periodSeconds, failureThreshold } = container['startupProbe'] as Record<string, number>
    expect((periodSeconds ?? 0) * (failureThreshold ?? 0)).toBeGreaterThanOrEqual(300)
    expect(container['livenessProbe']).toMatchObject({ periodSeconds: 10, failureThreshold: 3 })
  })

  it('names that the cluster can have, with references rewritten', () => {
    const text = `
services:
  my_db: { image: a, container_name: Store, environment: { POSTGRES_DB: my_db } }
  web: { image: b, environment: { DB_HOST: my_db, URL: 'postgres://u:p@my_db:5432/my_db' } }
`
    const objects = compose(text)
    expect(objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name)).toEqual([
      'my-db',
      'store',
      'web',
    ])
    const web = containerOf(objects, 'web')
    expect(web['env']).toEqual([
      { name: 'DB_HOST', value: 'my-db' },
      { name: 'URL', value: 'postgres://u:p@my-db:5432/my_db' },
    ])
    const db = containerOf(objects, 'my-db')
    expect(db['env']).toEqual([{ name: 'POSTGRES_DB', value: 'my_db' }])
  })

  it('a headless name where no port is declared, since siblings may use any', () => {
    const objects = compose('services: { a: { image: a }, b: { image: b, expose: [80] } }')
    expect(at(find(objects, 'Service', 'a'), 'spec', 'clusterIP')).toBe('None')
    expect(at(find(objects, 'Service', 'b'), 'spec', 'ports')).toMatchObject([{ port: 80 }])
  })

  it('a public address where a magic variable asks for one', () => {
    const text = `
services:
  web: { image: a, environment: [SERVICE_URL_WEB_3000, 'BASE=\${SERVICE_URL_WEB}/x', 'HOST=\${SERVICE_FQDN_WEB}'] }
  api: { image: b, environment: [SERVICE_URL_WEB=/api], expose: [4000] }
`
    expect(endpointsOf(inputOf(workloadOf(text)))).toMatchObject([
      { host: 'shop-2e3f4a5b.apps.example.net', path: '/', targetService: 'web', targetPort: 3000 },
      { host: 'shop-2e3f4a5b.apps.example.net', path: '/api', targetService: 'api' },
    ])
    const web = containerOf(compose(text), 'web')
    expect(web['env']).toMatchObject([
      { name: 'SERVICE_URL_WEB_3000', value: 'http://shop-2e3f4a5b.apps.example.net' },
      { name: 'BASE', value: 'http://shop-2e3f4a5b.apps.example.net/x' },
      { name: 'HOST', value: 'shop-2e3f4a5b.apps.example.net' },
    ])
  })

  it('a host of its own for each site, however long and alike their names are', () => {
    const names = ['administration-console-of-shops', 'administration-console-of-users']
    const exposes = ['web', ...names].map((name, index) => `{ service: web, name: ${name}, port: ${80 + index} }`)
    const text = `services: { web: { image: a } }\nx-berth: { expose: [${exposes.join(', ')}] }\n`
    const hosts = endpointsOf(inputOf(workloadOf(text))).map(({ host }) => host)
    expect(new Set(hosts).size).toBe(3)
    expect(hosts.every((host) => (host.split('.', 1)[0]?.length ?? 0) <= 63)).toBe(true)
  })

  it('files with their modes, and memory with its bound', () => {
    const text = `
services:
  a:
    image: a
    tmpfs: ['/run:size=64m']
    volumes:
      - { type: bind, source: ./run.sh, target: /run.sh, content: "#!/bin/sh\\necho $HOME" }
    configs: [{ source: c, target: /c.conf, mode: 0440 }]
configs: { c: { content: 'pass \${SERVICE_PASSWORD_X}' } }
`
    const objects = compose(text)
    expect(find(objects, 'ConfigMap')?.['data']).toEqual({ '0-run.sh': '#!/bin/sh\necho $HOME' })
    expect(Object.keys(find(objects, 'Secret', 'a-files')?.['data'] ?? {})).toEqual(['1-c.conf'])
    expect(podOf(objects, 'a')['volumes']).toEqual([
      { name: 'memory-0', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'files', configMap: { name: 'a-files', items: [{ key: '0-run.sh', path: '0-run.sh', mode: 0o755 }] } },
      {
        name: 'secret-files',
        secret: { secretName: 'a-files', items: [{ key: '1-c.conf', path: '1-c.conf', mode: 0o440 }] },
      },
    ])
  })

  it('baseline isolation where nobody says who the image runs as', () => {
    const objects = compose('services: { a: { image: a } }')
    expect(find(objects, 'Namespace')?.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('baseline')
    expect(refusalsOf('services: { a: { image: a } }')).toEqual([])
  })
})
