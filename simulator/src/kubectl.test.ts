/** The real kubectl against the simulator: what people type must work. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './index.ts'

const run = promisify(execFile)

/** `KUBECTL` may be a command with arguments, such as `/opt/kube kubectl`. */
const [program = 'kubectl', ...prefix] = (process.env['KUBECTL'] ?? 'kubectl').split(' ')
const present = spawnSync(program, [...prefix, 'version', '--client']).status === 0
const why = present ? '' : ` (skipped: no kubectl: ${program} does not run; set KUBECTL)`
if (!present) process.stderr.write(`simulator:${why}\n`)

const manifest = (replicas: number, image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - { name: web, image: '${image}', ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`

describe.skipIf(!present)(`kubectl${why}`, () => {
  let simulator: Simulator
  let folder: string

  beforeAll(async () => {
    const timings = { imagePullMilliseconds: 5, containerStartMilliseconds: 5, terminationMilliseconds: 5 }
    simulator = await startSimulator({ timings, token: 'what-kubectl-has-to-send' })
    folder = mkdtempSync(join(tmpdir(), 'simulator-kubectl-'))
    writeFileSync(join(folder, 'config'), simulator.kubeconfig())
  })

  afterAll(async () => {
    await simulator.stop()
    rmSync(folder, { recursive: true })
  })

  const common = (): string[] => [
    ...prefix,
    '--kubeconfig',
    join(folder, 'config'),
    '--cache-dir',
    join(folder, 'cache'),
  ]

  async function kubectl(...args: string[]): Promise<string> {
    return (await run(program, [...common(), ...args])).stdout
  }

  async function refused(...args: string[]): Promise<string> {
    try {
      await kubectl(...args)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    return expect.unreachable(`kubectl ${args.join(' ')} was not refused`)
  }

  function write(name: string, text: string): string {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  test('a kubeconfig with another token is refused, and the control endpoint is reached with the right one', async () => {
    const file = write('stranger', simulator.kubeconfig().replace('what-kubectl', 'what-no-one'))
    expect(await refused('get', 'secrets', '--kubeconfig', file)).toContain('must be logged in')
    const fault = write('fault.json', '{"kind":"imagePull","image":"nowhere/*"}')
    expect(await kubectl('create', '--raw', '/simulator/faults', '-f', fault)).toContain('"id":"fault-1"')
    expect(await kubectl('get', '--raw', '/simulator/state')).toContain('"kind":"imagePull"')
    await kubectl('delete', '--raw', '/simulator/faults/fault-1')
    expect(simulator.faults.list()).toEqual([])
  })

  test('a client-side apply creates, changes, and knows when there is nothing to do', async () => {
    await kubectl('create', 'namespace', 'client')
    const first = write('web.yaml', manifest(1, 'nginx:1.22'))
    expect(await kubectl('apply', '-n', 'client', '-f', first)).toBe(
      'deployment.apps/web created\nservice/web created\n',
    )
    expect(await kubectl('apply', '-n', 'client', '-f', first)).toBe(
      'deployment.apps/web unchanged\nservice/web unchanged\n',
    )
    const second = write('web.yaml', manifest(1, 'nginx:1.23'))
    expect(await kubectl('apply', '-n', 'client', '-f', second)).toBe(
      'deployment.apps/web configured\nservice/web unchanged\n',
    )
    await kubectl('rollout', 'status', '-n', 'client', 'deployment/web', '--timeout=20s')
    expect(
      await kubectl('get', '-n', 'client', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[*].image}'),
    ).toBe('nginx:1.23')
    expect(await kubectl('diff', '-n', 'client', '-f', second)).toBe('')
  })

  test('a rollout, scaling, logs, waiting and describing', async () => {
    await kubectl('create', 'namespace', 'server')
    const file = write('server.yaml', manifest(2, 'nginx:1.22'))
    expect(await kubectl('apply', '--server-side', '-n', 'server', '-f', file)).toContain(
      'deployment.apps/web serverside-applied',
    )
    expect(await kubectl('rollout', 'status', '-n', 'server', 'deployment/web', '--timeout=20s')).toContain(
      'successfully rolled out',
    )
    expect(await kubectl('get', '-n', 'server', 'deploy', 'web')).toMatch(
      /NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+2\/2\s+2\s+2\s/,
    )
    expect(await kubectl('get', '-n', 'server', 'pods', '-o', 'wide')).toMatch(
      /web-\S+\s+1\/1\s+Running\s+0\s+\S+\s+\S+\s+node-\d/,
    )
    await kubectl('scale', '-n', 'server', 'deployment/web', '--replicas=3')
    await kubectl('wait', '-n', 'server', 'deployment/web', '--for=jsonpath={.status.readyReplicas}=3', '--timeout=20s')
    const conflict = await refused('apply', '--server-side', '-n', 'server', '-f', file)
    expect(conflict).toMatch(/conflict with "\w+" with subresource "scale" using apps\/v1[^:]*.*: \.spec\.replicas/)
    await kubectl('logs', '-n', 'server', 'deployment/web')
    const described = await kubectl('describe', '-n', 'server', 'deployment', 'web')
    expect(described).toContain('3 desired | 3 updated | 3 total | 3 available | 0 unavailable')
    expect(await kubectl('describe', '-n', 'server', 'pods')).toContain('Successfully assigned server/web-')
    expect(await kubectl('describe', 'nodes')).toContain('Allocated resources:')
    await kubectl('rollout', 'restart', '-n', 'server', 'deployment/web')
    await kubectl('rollout', 'status', '-n', 'server', 'deployment/web', '--timeout=20s')
    expect(await kubectl('rollout', 'history', '-n', 'server', 'deployment/web')).toMatch(/REVISION/)
  })

  test('get -w shows changes as they come', async () => {
    await kubectl('create', 'namespace', 'watched')
    const child = spawn(program, [...common(), 'get', 'configmaps', '-n', 'watched', '-w', '--no-headers'])
    let seen = ''
    const line = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString()
        if (/^one\s+1\s/m.test(seen)) resolve()
      })
    })
    await kubectl('create', 'configmap', 'one', '-n', 'watched', '--from-literal=a=b')
    await line
    child.kill()
  })

  test('deleting a namespace takes everything in it, and waits for it', async () => {
    await kubectl('create', 'namespace', 'gone')
    await kubectl('apply', '-n', 'gone', '-f', write('gone.yaml', manifest(1, 'nginx:1.22')))
    await kubectl('rollout', 'status', '-n', 'gone', 'deployment/web', '--timeout=20s')
    expect(await kubectl('delete', 'namespace', 'gone', '--timeout=30s')).toContain('namespace "gone" deleted')
    expect(await refused('get', 'namespace', 'gone')).toContain('namespaces "gone" not found')
  })

  test('what the server does not know is refused before anything is stored', async () => {
    const file = write('bad.yaml', manifest(1, 'nginx:1.22').replace('replicas: 1', 'replicaz: 1'))
    expect(await refused('apply', '-f', file)).toContain('unknown field "spec.replicaz"')
  })

  test('a List, which kubectl validates itself, is applied object by object, and a wrong object in it refused', async () => {
    await kubectl('create', 'namespace', 'listed')
    const list = (field: string) => `
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: one }, data: { a: b } }
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec:
      ${field}: 0
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec: { containers: [{ name: web, image: nginx, resources: { limits: { cpu: 1 } }, ports: [{ containerPort: 80 }] }] }
`
    expect(await kubectl('apply', '-n', 'listed', '-f', write('list.yaml', list('replicas')))).toBe(
      'configmap/one created\ndeployment.apps/web created\n',
    )
    const wrong = await refused('apply', '-n', 'listed', '-f', write('wrong.yaml', list('replicaz')))
    expect(wrong).toContain('unknown field "replicaz" in io.k8s.api.apps.v1.DeploymentSpec')
    expect(await kubectl('delete', '-n', 'listed', '-f', write('list.yaml', list('replicas')))).toMatch(
      /configmap "one" deleted.*\ndeployment.apps "web" deleted/,
    )
  })

  test('patch, edit-like replace, label, annotate, set image and taint', async () => {
    await kubectl('create', 'deployment', 'tools', '--image=nginx:1.22')
    await kubectl(
      'patch',
      'deployment',
      'tools',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","env":[{"name":"A","value":"1"}]}]}}}}',
    )
    await kubectl('set', 'image', 'deployment/tools', 'nginx=nginx:1.23')
    await kubectl('label', 'deployment', 'tools', 'team=a')
    await kubectl('annotate', 'deployment', 'tools', 'note=b')
    await kubectl('taint', 'nodes', 'node-3', 'only=me:NoSchedule')
    const path =
      'jsonpath={.spec.template.spec.containers[0].env[0].value} {.spec.template.spec.containers[0].image} {.metadata.labels.team}'
    expect(await kubectl('get', 'deployment', 'tools', '-o', path)).toBe('1 nginx:1.23 a')
    await kubectl('delete', 'deployment', 'tools')
  })

  test('discovery and explain', async () => {
    expect(await kubectl('api-resources')).toMatch(/statefulsets\s+sts\s+apps\/v1\s+true\s+StatefulSet/)
    expect(await kubectl('explain', 'pod.spec.containers')).toContain('imagePullPolicy')
    expect(await kubectl('version')).toContain('Server Version: v1.34')
    expect(await kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes\n')
  })
})
