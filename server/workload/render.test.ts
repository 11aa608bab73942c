import { describe, expect, test } from 'vitest'
import { encodedInUrls, render, type RenderContext } from './render.ts'
import type { ValueTemplate } from './spec.ts'

const awkward = 'p@ss/w:o?r#d %+é'
const context: RenderContext = {
  parameters: new Map(),
  given: { database: awkward, plain: 'shop_1' },
  secrets: { SERVICE_PASSWORD_DB: awkward },
  urlOf: () => 'https://db.example:8443',
  hostOf: () => 'db.example',
  addressOf: () => 'db.berth-x.svc',
}
const text = (...template: ValueTemplate) => render(template, context, encodedInUrls).text
const password = { secret: 'SERVICE_PASSWORD_DB' }
const database = { parameter: 'database' }

describe('an address that a customer copies', () => {
  test('leads to the very user, password and database, whatever characters they have', () => {
    const url = new URL(text('postgresql://app:', password, '@', { host: 'db' }, ':5432/', database))
    expect(url.hostname).toBe('db.example')
    expect(url.port).toBe('5432')
    expect([url.password, url.pathname.slice(1)].map(decodeURIComponent)).toEqual([awkward, awkward])
    expect([url.search, url.hash]).toEqual(['', ''])
  })

  test('keeps them whole in a query, within a command, and behind a choice', () => {
    const choice = { choose: 'plain', when: 'filled', then: [password], otherwise: [] } as const
    const command = text('psql "jdbc:postgresql://h/', choice, '?password=', database, '"')
    const [, path = '', value = ''] = /h\/([^?]*)\?password=([^"]*)"$/.exec(command) ?? []
    expect([path, value].map(decodeURIComponent)).toEqual([awkward, awkward])
  })

  test('is not touched where there is no URL, or where the URL is over', () => {
    expect(text(password)).toBe(awkward)
    expect(text('password=', password)).toBe(`password=${awkward}`)
    expect(text('http://db.example ', password)).toBe(`http://db.example ${awkward}`)
    expect(text({ url: 'db' }, '/x')).toBe('https://db.example:8443/x')
  })
})

test('what a container reads is what the template says, as in Compose', () => {
  expect(render(['redis://default:', password, '@cache'], context).text).toBe(`redis://default:${awkward}@cache`)
})
