import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { violations, type Violation } from './index.ts'

/** Kubernetes' own fixtures: `baseline` and `restricted`, each with pods that pass and pods that fail. */
const folder = process.env['BERTH_TEST_POD_SECURITY']
const verdicts = ['pass', 'fail'] as const
const fixtures = (['baseline', 'restricted'] as const).flatMap((level) =>
  verdicts.flatMap((verdict) => {
    const inside = folder === undefined ? undefined : join(folder, level, verdict)
    return (inside === undefined ? [] : readdirSync(inside)).map((name) => ({ level, verdict, name, inside }))
  }),
)
if (!folder) process.stdout.write('pod security fixtures: skipped, BERTH_TEST_POD_SECURITY names no folder of them\n')

type Pod = { metadata: Record<string, unknown>; spec: Record<string, unknown> }

describe.skipIf(!folder)('a pod is judged as Kubernetes judges it', () => {
  it('of which there are fixtures for both levels and both verdicts', () => {
    const kinds = new Set(fixtures.map(({ level, verdict }) => `${level} ${verdict}`))
    expect(kinds.size).toBe(4)
    process.stdout.write(`pod security fixtures: ${fixtures.length}\n`)
  })

  it.each(fixtures)('$level: $name has to $verdict', ({ level, verdict, name, inside }) => {
    const { spec, metadata } = parse(readFileSync(join(inside ?? '', name), 'utf8')) as Pod
    const found = violations(level, spec, metadata)
    expect(found.length === 0 ? 'pass' : 'fail', JSON.stringify(found)).toBe(verdict)
  })
})

const judge = (level: 'baseline' | 'restricted', container: object, pod: object = {}): Violation[] =>
  violations(level, { containers: [{ name: 'a', image: 'a', ...container }], ...pod }, {})
const reasons = (found: Violation[]): string[] => found.map(({ reason }) => reason)

describe('without the fixtures', () => {
  it('baseline allows what restricted does not, and refuses what reaches the host', () => {
    expect(reasons(judge('baseline', {}))).toEqual([])
    expect(reasons(judge('restricted', {}))).toEqual([
      'allowPrivilegeEscalation != false',
      'unrestricted capabilities',
      'runAsNonRoot != true',
      'seccompProfile',
    ])
    expect(reasons(judge('baseline', { securityContext: { privileged: true } }))).toEqual(['privileged'])
    expect(reasons(judge('baseline', { securityContext: { capabilities: { add: ['NET_ADMIN'] } } }))).toEqual([
      'non-default capabilities',
    ])
    expect(reasons(judge('baseline', {}, { hostPID: true }))).toEqual(['host namespaces'])
    expect(reasons(judge('baseline', {}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }))).toEqual([
      'hostPath volumes',
    ])
  })

  it('no probe can be pointed at what only the node reaches', () => {
    expect(judge('baseline', { livenessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } })).toEqual([
      {
        reason: 'probe or lifecycle host',
        detail: 'container "a" uses probe or lifecycle host "169.254.169.254"',
      },
    ])
    expect(judge('baseline', { livenessProbe: { httpGet: { port: 80 } } })).toEqual([])
  })

  it.each([undefined, null, 3, 'x', [], [null], { containers: 4 }])(
    '%j in place of a field breaks nothing',
    (value) => {
      for (const level of ['baseline', 'restricted'] as const) {
        expect(judge(level, { securityContext: value }, { volumes: value }).every(({ detail }) => detail !== '')).toBe(
          true,
        )
      }
    },
  )
})
