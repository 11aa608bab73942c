import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readProblemPages } from './problem-pages.ts'
import { serveRoutes, type TestServer } from './testing.ts'

let server: TestServer
beforeAll(async () => {
  server = await serveRoutes([], {
    authentication: { authenticate: async () => undefined, stillPermitted: async () => false },
    idempotency: { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 },
  })
})
afterAll(() => server.stop())

/** Codes that end a start and never reach a caller are explained by their sentence alone. */
const beforeTheServerAnswers = /^(config|start|db|main|seed)\b/
const made =
  /\b(?:invalid|unauthenticated|forbidden|notFound|conflict|preconditionFailed|unprocessable|tooLarge|unsupportedMediaType|methodNotAllowed|rateLimited|unavailable)\(\s*'([A-Z_]+)'/g

function codesInSource(): string[] {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const files = globSync('**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts') && !file.startsWith('test/') && !beforeTheServerAnswers.test(file),
  )
  return files.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(made)].map(([, code = '']) => code),
  )
}

test('every code that a caller can meet is explained once', async () => {
  const explained = (await readProblemPages()).map(({ code }) => code)
  expect(new Set(explained).size).toBe(explained.length)
  expect(codesInSource().filter((code) => !explained.includes(code))).toEqual([])
})

test('the type of a problem leads to its page', async () => {
  const { body } = await server.send('GET', '/nowhere')
  const { pathname } = new URL((body as { type: string }).type)
  const { status, text } = await server.send('GET', pathname)
  expect(status).toBe(200)
  expect(text).toContain('ROUTE_NOT_FOUND')
  expect((await server.send('GET', '/problems/no-such-problem')).status).toBe(404)
})
