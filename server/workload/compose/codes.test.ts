import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { manifests } from '../manifests/index.ts'
import { inputOf, workloadOf } from '../test/sample.ts'
import { refusals, warnings } from './codes.ts'

const page = readFileSync(new URL('../../../docs/templates.md', import.meta.url), 'utf8')
const section = (title: string): string => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
const rows = (title: string): [string, string][] =>
  [...section(title).matchAll(/^\| `([A-Z_]+)`\s+\|.*\| (.*?)\s*\|$/gm)].map(([, code = '', wayOut = '']) => [
    code,
    wayOut,
  ])
const known = (codes: Readonly<Record<string, string>>) => Object.entries(codes).sort()

describe('docs/templates.md', () => {
  it('names every refusal and its way out, and none that there is not', () => {
    expect(rows('Refusals')).toEqual(known(refusals))
  })

  it('names every warning and its way out, and none that there is not', () => {
    expect(rows('Warnings')).toEqual(known(warnings))
  })

  it('shows a template that is accepted', () => {
    const example = /```yaml\n(# slogan[\s\S]*?)```/.exec(page)?.[1] ?? ''
    expect(workloadOf(example)).toMatchObject({ isolation: 'restricted', expose: [{ service: 'wiki', port: 3000 }] })
  })

  it('shows an x-berth that is accepted', () => {
    const block = /```yaml\n(x-berth:[\s\S]*?)```/.exec(page)?.[1] ?? ''
    const services = `services:
  web: { image: a, user: "1000" }
  db: { image: b, user: "1000", volumes: [data:/data] }
`
    const spec = workloadOf(services + block)
    expect(spec.parameters.map(({ name }) => name)).toEqual(['DATABASE', 'MODE', 'WORKERS', 'LICENSE'])
    expect(spec.expose.length).toBe(3)
    expect(manifests(inputOf(spec)).length).toBeGreaterThan(10)
  })
})
