import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { kubeError } from '../kube/errors.ts'
import { kubernetesTargets } from '../test/kubernetes.ts'
import { workloadOf } from '../workload/test/sample.ts'
import { createDryRun } from './dry-run.ts'
import { composeFiles, readSome } from './files.ts'
import { judge } from './judge.ts'
import { lineOf, refusalsLine, sumsLine } from './report.ts'

const web = 'services:\n  web: { image: "nginx:1" }\n'

describe('a folder of templates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-report-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is searched to its depths, without following links out of it', () => {
    mkdirSync(join(folder, 'inner/node_modules'), { recursive: true })
    for (const name of ['b.yaml', 'inner/a.yml', 'inner/node_modules/c.yaml', 'readme.md']) {
      writeFileSync(join(folder, name), web)
    }
    symlinkSync('/etc', join(folder, 'etc'))
    symlinkSync(join(folder, 'b.yaml'), join(folder, 'link.yaml'))
    expect(composeFiles(folder)).toEqual(['b.yaml', 'inner/a.yml'])
    expect(readSome(join(folder, 'b.yaml'))).toBe(web)
  })

  it('is summed up so that every file is in one sum', () => {
    const sources = {
      'a.yaml': web,
      'b.yaml': 'services:\n  web:\n    image: nginx:1\n    privileged: true\n',
      'c.yaml': 'a: [',
      'd.yaml': 'services:\n  web: { image: "nginx:1", user: "1000" }\n',
    }
    const entries = Object.entries(sources).map(([file, text]) => ({ file, verdict: judge(text, file).verdict }))
    expect(entries.map(lineOf)).toEqual([
      'a.yaml accepted baseline',
      'b.yaml refused PRIVILEGED /services/web/privileged line 4: A privileged container has the whole node.',
      expect.stringMatching(/^c\.yaml unreadable YAML_INVALID \/ line \d+: /),
      'd.yaml accepted restricted',
    ])
    expect(refusalsLine(entries)).toBe('refused by code: PRIVILEGED=1')
    expect(sumsLine(entries)).toBe('files=4 parsed=3 refused=1 applied=0 rejected=0 restricted=1 baseline=1 crashed=0')
  })
})

it('a server that does not let the kubeconfig ask has said nothing of the template', async () => {
  const message = 'pods "a" is forbidden: User "system:serviceaccount:a:b" cannot patch resource "pods" in API group ""'
  const dryRun = createDryRun({
    apply: () => Promise.reject(kubeError('forbidden', message)),
    delete: () => Promise.resolve(true),
    get: () => Promise.resolve(undefined),
  })
  await expect(dryRun.objectionTo(workloadOf(web))).rejects.toThrow('KUBECONFIG must be of somebody who may make')
})

describe.each(kubernetesTargets())('asked about objects, the $name', (target) => {
  it('takes what Berth accepts, and says what it would not take', async () => {
    const cluster = await target.start()
    const made: string[] = []
    const dryRun = createDryRun({
      ...cluster.admin,
      apply: (object, options) => {
        if (object.kind === 'Namespace') made.push(object.metadata.name)
        return cluster.admin.apply(object, options)
      },
    })
    try {
      const spec = workloadOf('services:\n  web: { image: "nginx:1", volumes: [data:/data], ports: ["80"] }\n')
      expect(await dryRun.objectionTo(spec)).toBeUndefined()
      const rooted = { ...spec, isolation: 'restricted' as const }
      const wrong = { ...rooted, services: rooted.services.map((each) => ({ ...each, user: { uid: 0 } })) }
      expect(await dryRun.objectionTo(wrong)).toMatch(/^Pod\/.* violates PodSecurity "restricted/)
      await dryRun.close()
      expect(made.length).toBe(2)
      for (const name of made) {
        expect(await cluster.admin.get({ apiVersion: 'v1', kind: 'Namespace', name })).toBeUndefined()
      }
    } finally {
      await cluster.stop()
    }
  })
})
