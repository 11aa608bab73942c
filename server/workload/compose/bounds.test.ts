import { describe, expect, it } from 'vitest'
import { refused } from '../test/one-service.ts'
import { refusalsOf } from '../test/sample.ts'

describe('what one template may ask a cluster for has bounds', () => {
  it('more text than a cluster stores, even where aliases made it', () => {
    const text = `
x-text: &text "${'x'.repeat(200_000)}"
services:
  a:
    image: a
    environment: { A: *text, B: *text, C: *text, D: *text, E: *text }
`
    expect(refusalsOf(text)).toMatchObject([{ code: 'SERVICE_TOO_LARGE', path: '/services/a' }])
    const many = Array.from({ length: 10_000 }, (_, index) => `      V${index}: 1\n`).join('')
    expect(refusalsOf(`services:\n  a:\n    image: b\n    environment:\n${many}`)).toMatchObject([
      { code: 'SERVICE_TOO_LARGE', path: '/services/a' },
    ])
  })

  const many = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join('')

  it.each([
    ['networks:\n  default:\n    aliases:\n' + many(51, (n) => `      - a${n}\n`), '', '/services/web/networks'],
    [
      'init: true',
      many(
        5,
        (n) => `  s${n}: { image: a, networks: { default: { aliases: [${many(41, (m) => `a${n}-${m}, `)}] } } }\n`,
      ),
      '/services',
    ],
    ['links:\n' + many(51, (n) => `  - web:a${n}\n`), '', '/services/web/networks'],
    ['volumes:\n' + many(201, (n) => `  - v:/v/${n}\n`), '', '/services/web/volumes'],
    ['tmpfs:\n' + many(201, (n) => `  - /v/${n}\n`), '', '/services/web/volumes'],
    ['extra_hosts:\n' + many(201, (n) => `  - h${n}:10.0.0.1\n`), '', '/services/web/extra_hosts'],
    ['group_add:\n' + many(51, (n) => `  - ${n}\n`), '', '/services/web/group_add'],
    ['volumes:\n' + many(200, (n) => `  - v${n}:/v/${n}\n`), '', undefined],
    ['environment:\n' + many(501, (n) => `  A${n}: $SERVICE_USER_${n}\n`), '', '/services'],
    ['environment:\n' + many(1001, (n) => `  A${n}: $A${n}\n`), '', '/x-berth/parameters'],
    ['environment:\n' + many(101, (n) => `  - SERVICE_URL_A${n}_80\n`), '', '/x-berth/expose'],
    [
      'init: true',
      'x-berth:\n  connection:\n' + many(101, (n) => `    - { name: a${n}, label: A, value: a }\n`),
      '/x-berth/connection',
    ],
    [
      'init: true',
      'x-berth:\n  actions:\n' + many(101, (n) => `    - { name: a${n}, title: A, service: web, command: a }\n`),
      '/x-berth/actions',
    ],
  ])('%.30j', (lines, rest, path) => {
    const expected = path === undefined ? [] : [`TOO_MANY ${path}`]
    expect(refused(lines, rest).filter((refusal) => refusal.startsWith('TOO_MANY'))).toEqual(expected)
  })
})
