import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { pathOf } from './namespace.ts'
import { pod } from './objects.ts'
import { at, conditionOf, eventually, expectStatus } from './observe.ts'

const quantity = expect.stringMatching(/^\d+[A-Za-z]*$/) as string

contract('nodes', (check) => {
  check('a node says what it is, what it has and how it is', async (cluster) => {
    const nodes = expectStatus(await cluster.call('GET', pathOf('nodes')), 200).items
    expect(nodes.length).toBeGreaterThanOrEqual(2)
    const node = nodes.find((one) => conditionOf(one, 'Ready')?.status === 'True')
    const resources = { cpu: quantity, memory: quantity, pods: quantity, 'ephemeral-storage': quantity }
    expect(node?.status).toMatchObject({ capacity: resources, allocatable: resources })
    expect(node?.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': node?.metadata.name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': expect.stringMatching(/^(amd64|arm64)$/) as string,
    })
    const text = expect.stringMatching(/./) as string
    expect(at(node, 'status.nodeInfo')).toMatchObject({
      kubeletVersion: expect.stringMatching(/^v1\./) as string,
      osImage: text,
      kernelVersion: text,
      containerRuntimeVersion: text,
      architecture: text,
      operatingSystem: 'linux',
      machineID: text,
      bootID: text,
    })
    const addresses = at(node, 'status.addresses') as { type: string }[]
    expect(addresses.map((one) => one.type)).toEqual(expect.arrayContaining(['InternalIP', 'Hostname']))
    for (const type of ['MemoryPressure', 'DiskPressure', 'PIDPressure']) {
      expect(node && conditionOf(node, type), type).toMatchObject({ status: 'False' })
    }
    expect(node && conditionOf(node, 'Ready')).toMatchObject({ reason: 'KubeletReady' })
  })

  check('a node renews its lease', async (cluster) => {
    const [node] = expectStatus(await cluster.call('GET', pathOf('nodes')), 200).items
    const path = pathOf('leases', 'kube-node-lease', node?.metadata.name)
    const first = expectStatus(await cluster.call('GET', path), 200)
    expect(first).toMatchObject({ spec: { holderIdentity: node?.metadata.name, leaseDurationSeconds: 40 } })
    expect(at(first, 'spec.renewTime')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(first.metadata.ownerReferences).toMatchObject([
      { kind: 'Node', name: node?.metadata.name, uid: node?.metadata.uid },
    ])
    const renewed = async () =>
      at(expectStatus(await cluster.call('GET', path), 200), 'spec.renewTime') !== at(first, 'spec.renewTime')
    await eventually('the lease is renewed', renewed)
  })

  check('a pod that asks for a node by label gets it once a node has it', async (cluster) => {
    const ns = await cluster.namespace()
    const key = `contract.example/${ns.name}`
    const nodes = expectStatus(await cluster.call('GET', pathOf('nodes')), 200).items
    const chosen = nodes.at(-1)?.metadata.name
    const label = (value: string | null) =>
      cluster.call('PATCH', pathOf('nodes', undefined, chosen), {
        body: { metadata: { labels: { [key]: value } } },
        contentType: 'application/merge-patch+json',
      })
    cluster.afterwards(() => label(null))
    await ns.create('pods', pod('one', { nodeSelector: { [key]: 'yes' } }))
    await eventually(
      'it waits',
      async () => conditionOf(await ns.read('pods', 'one'), 'PodScheduled')?.reason === 'Unschedulable',
    )
    expectStatus(await label('yes'), 200)
    await eventually('it runs there', async () => {
      const read = await ns.read('pods', 'one')
      return at(read, 'status.phase') === 'Running' && at(read, 'spec.nodeName') === chosen
    })
  })

  check('pods that keep their distance go to different nodes', async (cluster) => {
    const ns = await cluster.namespace()
    const affinity = {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'apart' } } },
        ],
      },
    }
    for (const name of ['one', 'two']) await ns.create('pods', pod(name, { affinity }, { labels: { app: 'apart' } }))
    const nodes = await eventually('both are placed', async () => {
      const found = (await ns.list('pods')).map((one) => at(one, 'spec.nodeName'))
      return found.every((one) => one !== undefined) && found
    })
    expect(new Set(nodes).size).toBe(2)
  })
})
