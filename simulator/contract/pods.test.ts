import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { type Namespace, pathOf } from './namespace.ts'
import { container, pod } from './objects.ts'
import { at, conditionOf, eventually, expectStatus } from './observe.ts'

const shell = (script: string, fields = {}) => container({ command: ['sh', '-c', script], ...fields })
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string

/** The pod `one`, once its phase (or what it waits for) is this. */
const until = (ns: Namespace, what: string, name = 'one') =>
  eventually(`${name} is ${what}`, async () => {
    const read = await ns.read('pods', name)
    const waiting = at(read, 'status.containerStatuses.0.state.waiting.reason')
    return [at(read, 'status.phase'), waiting].includes(what) && read
  })

const eventsOf = (ns: Namespace, name: string) =>
  ns.list('events', { fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${name}` })

const reason = (ns: Namespace, wanted: string) =>
  eventually(`an event ${wanted}`, async () => (await eventsOf(ns, 'one')).find((one) => one.reason === wanted))

contract('pods', (check) => {
  check('a running pod says where, since when, and that it is ready', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one'))
    const running = await until(ns, 'Running')
    expect(running.status).toMatchObject({
      phase: 'Running',
      hostIP: expect.stringMatching(/^[\d.]+$/) as string,
      podIP: expect.stringMatching(/^[\d.]+$/) as string,
      podIPs: [{ ip: at(running, 'status.podIP') }],
      hostIPs: [{ ip: at(running, 'status.hostIP') }],
      qosClass: 'Burstable',
      startTime: time,
    })
    for (const type of ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']) {
      expect(conditionOf(running, type), type).toMatchObject({ status: 'True', lastTransitionTime: time })
    }
    expect(at(running, 'status.containerStatuses')).toMatchObject([
      {
        name: 'main',
        image: expect.stringContaining('busybox:1.36') as string,
        imageID: expect.stringMatching(/./) as string,
        containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/) as string,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: time } },
        lastState: {},
      },
    ])
    expect((await cluster.read('nodes', String(at(running, 'spec.nodeName')))).kind).toBe('Node')
  })

  check('its events tell how it came to run', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('pods', pod('one'))
    await until(ns, 'Running')
    await reason(ns, 'Started')
    const events = await eventsOf(ns, 'one')
    expect(events.map((one) => one.reason)).toEqual(
      expect.arrayContaining(['Scheduled', 'Pulled', 'Created', 'Started']),
    )
    const scheduled = events.find((one) => one.reason === 'Scheduled')
    expect(scheduled).toMatchObject({
      type: 'Normal',
      message: expect.stringMatching(new RegExp(`^Successfully assigned ${ns.name}/one to `)) as string,
      involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace: ns.name, name: 'one', uid: made.metadata.uid },
      reportingComponent: 'default-scheduler',
      metadata: { namespace: ns.name, name: expect.stringMatching(/^one\.[0-9a-f]+$/) as string },
    })
    expect(events.find((one) => one.reason === 'Started')).toMatchObject({
      type: 'Normal',
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component: 'kubelet', host: at(await ns.read('pods', 'one'), 'spec.nodeName') },
      involvedObject: { fieldPath: 'spec.containers{main}' },
      reportingComponent: 'kubelet',
    })
  })

  check('a pod that ends well is Succeeded, one that does not is Failed', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { restartPolicy: 'Never', containers: [shell('exit 0')] }))
    await ns.create('pods', pod('two', { restartPolicy: 'Never', containers: [shell('exit 3')] }))
    const good = await until(ns, 'Succeeded')
    expect(at(good, 'status.containerStatuses.0')).toMatchObject({
      ready: false,
      started: false,
      restartCount: 0,
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: time,
          finishedAt: time,
          containerID: expect.stringMatching(/./) as string,
        },
      },
    })
    expect(conditionOf(good, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' })
    expect(conditionOf(good, 'Initialized')).toMatchObject({ status: 'True', reason: 'PodCompleted' })
    const bad = await until(ns, 'Failed', 'two')
    expect(at(bad, 'status.containerStatuses.0.state.terminated')).toMatchObject({ exitCode: 3, reason: 'Error' })
    expect(conditionOf(bad, 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' })
  })

  check('a container that keeps failing is restarted, with waits in between', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { containers: [shell('echo cannot go on; exit 3', { name: 'fails' })] }))
    const waiting = await until(ns, 'CrashLoopBackOff')
    expect(at(waiting, 'status.phase')).toBe('Running')
    const [status] = at(waiting, 'status.containerStatuses') as unknown[]
    expect(status).toMatchObject({
      ready: false,
      started: false,
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    })
    expect(at(status, 'restartCount')).toBeGreaterThanOrEqual(1)
    expect(at(status, 'state.waiting.message')).toMatch(
      new RegExp(
        `^back-off \\d+m?\\d*s restarting failed container=fails pod=one_${ns.name}\\(${waiting.metadata.uid}\\)$`,
      ),
    )
    expect(conditionOf(waiting, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [fails]',
    })
    expect(await reason(ns, 'BackOff')).toMatchObject({
      type: 'Warning',
      message: expect.stringContaining('Back-off restarting failed container fails in pod one') as string,
    })
    await eventually('the log of the container that failed', async () => {
      const log = await cluster.call('GET', ns.path('pods', 'one', 'log'), { query: { previous: true } })
      return log.status === 200 && log.text === 'cannot go on\n'
    })
  })

  check('an image that cannot be had keeps the pod Pending and says why', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { containers: [container({ image: 'registry.invalid/missing:1' })] }))
    const first = await until(ns, 'ErrImagePull')
    expect(at(first, 'status.phase')).toBe('Pending')
    expect(at(first, 'status.containerStatuses.0')).toMatchObject({
      ready: false,
      started: false,
      restartCount: 0,
      image: 'registry.invalid/missing:1',
      imageID: '',
    })
    const later = await until(ns, 'ImagePullBackOff')
    expect(at(later, 'status.containerStatuses.0.state.waiting.message')).toMatch(
      /^Back-off pulling image "registry.invalid\/missing:1"/,
    )
    expect(await reason(ns, 'Failed')).toMatchObject({
      type: 'Warning',
      message: expect.stringMatching(/Failed to pull image "registry.invalid\/missing:1"|ErrImagePull/) as string,
    })
    const log = await ns.get('pods', 'one/log')
    expect(log.body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: expect.stringMatching(/^container "main" in pod "one" is waiting to start: /) as string,
    })
  })

  check('a pod that fits nowhere says what is missing', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { containers: [container({ resources: { requests: { cpu: '900' } } })] }))
    await ns.create('pods', pod('two', { nodeSelector: { nowhere: 'true' } }))
    const unschedulable = (name: string, message: RegExp) =>
      eventually(`${name} is refused`, async () => {
        const found = conditionOf(await ns.read('pods', name), 'PodScheduled')
        if (found === undefined) return false
        expect(found).toMatchObject({
          status: 'False',
          reason: 'Unschedulable',
          message: expect.stringMatching(message) as string,
        })
        return true
      })
    await unschedulable('one', /^0\/\d+ nodes are available: .*\d+ Insufficient cpu/)
    await unschedulable(
      'two',
      /^0\/\d+ nodes are available: .*\d+ node\(s\) didn't match Pod's node affinity\/selector/,
    )
    const event = await reason(ns, 'FailedScheduling')
    expect(event).toMatchObject({
      type: 'Warning',
      reportingComponent: 'default-scheduler',
      message: expect.stringContaining('Insufficient cpu') as string,
    })
    expect(await ns.read('pods', 'one')).toMatchObject({ status: { phase: 'Pending', qosClass: 'Burstable' } })
  })

  check('init containers run first, one after the other', async (cluster) => {
    const ns = await cluster.namespace()
    const initContainers = [shell('exit 0', { name: 'first' }), shell('exit 0', { name: 'second' })]
    await ns.create('pods', pod('one', { initContainers }))
    const running = await until(ns, 'Running')
    const statuses = at(running, 'status.initContainerStatuses') as { name: string; state: unknown }[]
    expect(statuses.map((one) => one.name)).toEqual(['first', 'second'])
    for (const one of statuses)
      expect(one).toMatchObject({ ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } })
  })

  check('an init container that fails keeps the rest from starting', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create(
      'pods',
      pod('one', { restartPolicy: 'Never', initContainers: [shell('exit 1', { name: 'first' })] }),
    )
    const failed = await until(ns, 'Failed')
    expect(conditionOf(failed, 'Initialized')).toMatchObject({ status: 'False' })
    expect(at(failed, 'status.containerStatuses.0.state')).toEqual({ waiting: { reason: 'PodInitializing' } })
  })

  check('a deletion lets the pod end in its time, or at once when forced', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create(
      'pods',
      pod('one', { terminationGracePeriodSeconds: 3, containers: [shell('trap "" TERM; sleep 1000')] }),
    )
    await until(ns, 'Running')
    const answer = expectStatus(await ns.delete('pods', 'one'), 200)
    expect(answer).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 3, deletionTimestamp: time } })
    expect((await ns.get('pods', 'one')).status).toBe(200)
    const forced = expectStatus(await ns.delete('pods', 'one', { gracePeriodSeconds: 0 }), 200)
    expect(forced.metadata.uid).toBe(answer.metadata.uid)
    expect((await ns.get('pods', 'one')).status).toBe(404)
  })

  check('a pod that nobody schedules is deleted at once', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { schedulerName: 'nobody', terminationGracePeriodSeconds: 30 }))
    expectStatus(await ns.delete('pods', 'one'), 200)
    expect((await ns.get('pods', 'one')).status).toBe(404)
  })

  check('a pod is bound to a node once', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { schedulerName: 'nobody' }))
    const [node] = expectStatus(await cluster.call('GET', pathOf('nodes')), 200).items
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'one' },
      target: { kind: 'Node', name: node?.metadata.name },
    }
    const path = ns.path('pods', 'one', 'binding')
    expect(expectStatus(await cluster.call('POST', path, { body }), 201)).toMatchObject({
      kind: 'Status',
      status: 'Success',
    })
    await until(ns, 'Running')
    const again = await cluster.call('POST', path, { body })
    expect(again.body).toMatchObject({ code: 409, reason: 'Conflict' })
  })

  check('a table shows what people read as the status', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { containers: [container({ image: 'registry.invalid/missing:1' })] }))
    await ns.create('pods', pod('two', { restartPolicy: 'Never', containers: [shell('exit 0')] }))
    await ns.create('pods', pod('three'))
    await ns.create(
      'pods',
      pod('four', { nodeSelector: { nowhere: 'true' } }, { finalizers: ['contract.example/held'] }),
    )
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
    const status = async (name: string) => {
      const table: Body = expectStatus(await cluster.call('GET', ns.path('pods', name), { headers }), 200)
      return table.rows[0]?.cells.slice(1, 3)
    }
    await eventually('ImagePullBackOff', async () =>
      ['ErrImagePull', 'ImagePullBackOff'].includes(String((await status('one'))?.[1])),
    )
    await eventually('Completed', async () => JSON.stringify(await status('two')) === '["0/1","Completed"]')
    await eventually('Running', async () => JSON.stringify(await status('three')) === '["1/1","Running"]')
    expectStatus(await ns.delete('pods', 'four'), 200)
    expect(await status('four')).toEqual(['0/1', 'Terminating'])
    expectStatus(await ns.patch('merge', 'pods', 'four', { metadata: { finalizers: null } }), 200)
  })

  check('the quality of service follows from requests and limits', async (cluster) => {
    const ns = await cluster.namespace()
    const cases: [resources: object, qos: string][] = [
      [{}, 'BestEffort'],
      [{ requests: { cpu: '10m' } }, 'Burstable'],
      [{ limits: { cpu: '10m' } }, 'Burstable'],
      [{ limits: { cpu: '10m', memory: '10Mi' } }, 'Guaranteed'],
      [{ limits: { cpu: '10m', memory: '10Mi' }, requests: { cpu: '5m' } }, 'Burstable'],
    ]
    for (const [resources, qos] of cases) {
      const made = expectStatus(
        await ns.post('pods', pod('one', { containers: [container({ resources })] }), { dryRun: 'All' }),
        201,
      )
      expect(at(made, 'status'), JSON.stringify(resources)).toMatchObject({ phase: 'Pending', qosClass: qos })
    }
  })
})
