import { expect } from 'vitest'
import { type Cluster, contract } from './cluster.ts'
import { type Answer } from './http.ts'
import { type Fields, container, deployment, pod } from './objects.ts'
import { conditionOf, eventually, expectStatus } from './observe.ts'

type Level = 'baseline' | 'restricted'

const label = (mode: 'enforce' | 'warn' | 'audit', level: string) => ({ [`pod-security.kubernetes.io/${mode}`]: level })

const allowed = container()['securityContext'] as Fields
const secure = (fields: Fields) => ({ containers: [container({ securityContext: { ...allowed, ...fields } })] })
/** The same container with one entry of its security context left out. */
const without = (name: string) => {
  const { [name]: _, ...rest } = allowed
  return { containers: [container({ securityContext: rest })] }
}

/** What each level refuses of a pod that is right in everything else; undefined: lets it pass. */
const cases: [what: string, spec: Fields, baseline: string | undefined, restricted: string | undefined][] = [
  ['nothing special', {}, undefined, undefined],
  ['hostNetwork', { hostNetwork: true }, 'host namespaces (hostNetwork=true)', 'host namespaces (hostNetwork=true)'],
  ['hostPID', { hostPID: true }, 'host namespaces (hostPID=true)', 'host namespaces (hostPID=true)'],
  ['hostIPC', { hostIPC: true }, 'host namespaces (hostIPC=true)', 'host namespaces (hostIPC=true)'],
  [
    'a hostPath volume',
    { volumes: [{ name: 'h', hostPath: { path: '/' } }] },
    'hostPath volumes (volume "h")',
    'restricted volume types (volume "h" uses restricted volume type "hostPath")',
  ],
  [
    'an NFS volume',
    { volumes: [{ name: 'n', nfs: { server: 'x', path: '/' } }] },
    undefined,
    'restricted volume types (volume "n" uses restricted volume type "nfs")',
  ],
  ['an emptyDir volume', { volumes: [{ name: 'e', emptyDir: {} }] }, undefined, undefined],
  [
    'a host port',
    { containers: [container({ ports: [{ containerPort: 80, hostPort: 8080 }] })] },
    'hostPort (container "main" uses hostPort 8080)',
    'hostPort (container "main" uses hostPort 8080)',
  ],
  [
    'privileged',
    secure({ privileged: true, allowPrivilegeEscalation: undefined }),
    'privileged (container "main" must not set securityContext.privileged=true)',
    'privileged (container "main" must not set securityContext.privileged=true)',
  ],
  [
    'an added capability',
    secure({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }),
    'non-default capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    'unrestricted capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    'a default capability',
    secure({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } }),
    undefined,
    'unrestricted capabilities (container "main" must not include "CHOWN" in securityContext.capabilities.add)',
  ],
  ['binding low ports', secure({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }), undefined, undefined],
  [
    'capabilities that are kept',
    without('capabilities'),
    undefined,
    'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"])',
  ],
  [
    'privilege escalation',
    without('allowPrivilegeEscalation'),
    undefined,
    'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false)',
  ],
  [
    'perhaps root',
    without('runAsNonRoot'),
    undefined,
    'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)',
  ],
  ['root', secure({ runAsUser: 0 }), undefined, 'runAsUser=0 (container "main" must not set runAsUser=0)'],
  [
    'no seccomp profile',
    without('seccompProfile'),
    undefined,
    'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ],
  [
    'seccomp off',
    secure({ seccompProfile: { type: 'Unconfined' } }),
    'seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
    'seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    'seccomp for the whole pod',
    { ...without('seccompProfile'), securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
    undefined,
    undefined,
  ],
  [
    'an unsafe sysctl',
    { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
    'forbidden sysctls (kernel.msgmax)',
    'forbidden sysctls (kernel.msgmax)',
  ],
  [
    'SELinux of another type',
    secure({ seLinuxOptions: { type: 'spc_t' } }),
    'seLinuxOptions (container "main" set forbidden securityContext.seLinuxOptions: type "spc_t")',
    'seLinuxOptions (container "main" set forbidden securityContext.seLinuxOptions: type "spc_t")',
  ],
  [
    'an init container that is not held to it',
    { initContainers: [container({ name: 'first', securityContext: { privileged: true } })] },
    'privileged (container "first" must not set securityContext.privileged=true)',
    'allowPrivilegeEscalation != false (container "first" must set securityContext.allowPrivilegeEscalation=false)',
  ],
]

const tryPod = async (cluster: Cluster, level: Level, spec: Fields): Promise<Answer> => {
  const ns = await cluster.scratch(label('enforce', level))
  return ns.post('pods', pod('one', { schedulerName: 'nobody', ...spec }), { dryRun: 'All' })
}

contract('pod security', (check) => {
  for (const [what, spec, baseline, restricted] of cases) {
    for (const [level, refusal] of [
      ['baseline', baseline],
      ['restricted', restricted],
    ] as const) {
      check(`${level} ${refusal === undefined ? 'allows' : 'refuses'} ${what}`, async (cluster) => {
        const answer = await tryPod(cluster, level, spec)
        if (refusal === undefined) return void expectStatus(answer, 201)
        expect(answer.body).toMatchObject({ code: 403, reason: 'Forbidden', details: { name: 'one', kind: 'pods' } })
        expect(answer.body.message).toContain(`pods "one" is forbidden: violates PodSecurity "${level}:latest": `)
        expect(answer.body.message).toContain(refusal)
      })
    }
  }

  check('a plain pod is told all that is wrong with it, in order', async (cluster) => {
    const answer = await tryPod(cluster, 'restricted', { containers: [{ name: 'main', image: 'busybox:1.36' }] })
    expect(answer.body.message).toBe(
      'pods "one" is forbidden: violates PodSecurity "restricted:latest": ' +
        'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    )
  })

  check('several containers are named together', async (cluster) => {
    const bad = (name: string) => container({ name, securityContext: { ...allowed, allowPrivilegeEscalation: true } })
    const answer = await tryPod(cluster, 'restricted', { containers: [bad('a'), bad('b')] })
    expect(answer.body.message).toContain(
      'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)',
    )
  })

  check('the warn level warns and lets pass', async (cluster) => {
    const ns = await cluster.namespace({ ...label('enforce', 'baseline'), ...label('warn', 'restricted') })
    const answer = await ns.post('pods', pod('one', without('runAsNonRoot')), { dryRun: 'All' })
    expectStatus(answer, 201)
    expect(answer.headers['warning']).toMatch(
      /^299 - "would violate PodSecurity \\"restricted:latest\\": runAsNonRoot != true/,
    )
  })

  check('workloads are warned about; their pods are refused', async (cluster) => {
    const ns = await cluster.namespace({ ...label('enforce', 'restricted'), ...label('warn', 'restricted') })
    const answer = await ns.post('deployments', deployment('one', {}, without('runAsNonRoot')))
    expectStatus(answer, 201)
    expect(answer.headers['warning']).toContain('would violate PodSecurity')
    const failing = await eventually('ReplicaFailure', async () =>
      conditionOf(await ns.read('deployments', 'one'), 'ReplicaFailure'),
    )
    expect(failing).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: expect.stringContaining('violates PodSecurity "restricted:latest"') as string,
    })
    expect(await ns.list('pods')).toEqual([])
  })

  check('without a label everything passes', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(
      await ns.post(
        'pods',
        pod('one', { hostNetwork: true, ...secure({ privileged: true, allowPrivilegeEscalation: undefined }) }),
        { dryRun: 'All' },
      ),
      201,
    )
  })

  check('an unknown level is refused on the namespace', async (cluster) => {
    const ns = await cluster.namespace()
    const labels = label('enforce', 'strict')
    const answer = await cluster.call('PATCH', `/api/v1/namespaces/${ns.name}`, {
      body: { metadata: { labels } },
      contentType: 'application/merge-patch+json',
    })
    expect(answer.body).toMatchObject({ code: 422, reason: 'Invalid' })
  })

  check('raising the level warns of pods that are there already', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { schedulerName: 'nobody', ...without('runAsNonRoot') }))
    const call = {
      query: { dryRun: 'All' },
      body: { metadata: { labels: label('enforce', 'restricted') } },
      contentType: 'application/merge-patch+json',
    }
    const text = `existing pods in namespace \\"${ns.name}\\" violate the new PodSecurity enforce level \\"restricted:latest\\"`
    // The pod may take a moment to be known to the check.
    await eventually('the warning', async () => {
      const answer = await cluster.call('PATCH', `/api/v1/namespaces/${ns.name}`, call)
      return String(answer.headers['warning']).includes(text)
    })
  })
})
