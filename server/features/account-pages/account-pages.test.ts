import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { reply, route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { serveRoutes, type TestServer } from '../../http/testing.ts'
import { unprocessable } from '../../lib/errors.ts'
import { accessibilityProblems, hasBrowser, openBrowser } from '../../test/browser.ts'
import { accountPagesFeature } from './index.ts'
import { accountPages } from './pages.ts'

const token = 'secret-token-1234567890'
let server: TestServer
/** What the API was asked, by its endpoint. */
const asked: [endpoint: string, body: unknown][] = []

/** The API as far as the pages know it: a token works once. */
const endpoint = (name: string) =>
  route({
    method: 'post',
    path: `/auth/${name}`,
    permission: 'public',
    summary: 'Under test',
    tags: ['Test'],
    body: z.object({
      token: z.string().optional(),
      password: z.string().optional(),
      name: z
        .string()
        .refine((name) => name !== 'Mallory', 'is taken')
        .optional(),
      email: z.string().optional(),
    }),
    responses: { [status.noContent]: { description: 'Done' } },
    async handler({ body }) {
      if (asked.length > 0) throw unprocessable('LINK_USED', 'This link was used before: have a new one sent.')
      asked.push([name, body])
      return reply(status.noContent)
    },
  })

beforeAll(async () => {
  const forms = accountPages.flatMap(({ form }) => (form ? [form.endpoint] : []))
  server = await serveRoutes(forms.map(endpoint), {
    pages: accountPagesFeature.pages,
    authentication: { authenticate: async () => undefined, stillPermitted: async () => false },
    idempotency: { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 },
  })
})
afterAll(() => server.stop())
beforeEach(() => void (asked.length = 0))

test.each(accountPages.map(({ path }) => path))(
  '/%s runs nothing but our own script and is framed by nobody',
  async (path) => {
    const { status, headers, text } = await server.send('GET', `/${path}`)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/,
    )
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(text).not.toMatch(/<script>|<style|style=|\son[a-z]+=|https?:\/\//)
  },
)

test('a mail scanner that follows every link and all that is in it uses nothing up', async () => {
  for (const { path } of accountPages) {
    const { text } = await server.send('GET', `/${path}#token=${token}`)
    const addresses = [...text.matchAll(/(?:href|src|action)="([^"#]+)"/g)].map(([, address]) => `/${address ?? ''}`)
    for (const address of addresses) await server.send('GET', address)
    await server.send('POST', `/${path}`, { raw: '' })
  }
  expect(asked).toEqual([])
})

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser
  let page: Page
  /** Whatever the browser asked for, and with which Referer. */
  const requests: string[] = []
  const complaints: string[] = []
  beforeAll(async () => void (browser = await openBrowser()))
  afterAll(() => browser.close())
  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 420, height: 800 } })
    page = await context.newPage()
    requests.length = 0
    complaints.length = 0
    page.on('request', (request) => requests.push(`${request.url()} ${JSON.stringify(request.headers())}`))
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    page.on('pageerror', (error) => complaints.push(error.message))
    return () => context.close()
  })
  const open = (path: string, fragment = `#token=${token}`) => page.goto(`${server.url}/${path}${fragment}`)

  test('a press of the button confirms an address, and the token was in no address that was asked for', async () => {
    await open('verify-email')
    expect(asked).toEqual([])
    await page.getByRole('button', { name: 'Confirm this address' }).click()
    await page.getByRole('status').filter({ hasText: 'Your address is confirmed' }).waitFor()
    expect(asked).toEqual([['verify-email', { token }]])
    expect(requests.join('\n')).not.toContain(token)
    expect(page.url()).toBe(`${server.url}/verify-email`)
    expect(complaints).toEqual([])
  })

  test('an invitation is accepted with the keyboard alone', async () => {
    await open('accept-invitation')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Ada')
    await page.keyboard.press('Tab')
    await page.keyboard.type('long enough secret')
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Your account is ready' }).waitFor()
    expect(asked).toEqual([['accept-invitation', { token, name: 'Ada', password: 'long enough secret' }]])
  })

  test('a link that was used says so, and what to do', async () => {
    asked.push(['earlier', {}])
    await open('reset-password')
    await page.getByLabel('New password').fill('long enough secret')
    await page.getByLabel('Show the password').check()
    expect(await page.getByLabel('New password').getAttribute('type')).toBe('text')
    await page.getByRole('button').click()
    await page.getByRole('alert').filter({ hasText: 'This link was used before' }).waitFor()
    expect(await page.getByRole('link', { name: 'Have a new link sent' }).getAttribute('href')).toBe('forgot-password')
  })

  test('a link that lost its end says that it is not complete, instead of failing later', async () => {
    await open('confirm-email', '')
    await page.getByRole('alert').filter({ hasText: 'The link is not complete' }).waitFor()
    expect(await page.getByRole('button').count()).toBe(0)
  })

  test('a field that is refused is called what it is called on the page', async () => {
    await open('accept-invitation')
    await page.getByLabel('Your name').fill('Mallory')
    await page.getByLabel('New password').fill('long enough secret')
    await page.getByRole('button').click()
    await page
      .getByRole('alert')
      .filter({ hasText: /^Your name \(optional\) is taken\.$/ })
      .waitFor()
    expect(asked).toEqual([])
  })

  test('a server that is away is told, and the button works again', async () => {
    await open('forgot-password', '')
    await page.getByLabel('E-mail address').fill('ada@example.org')
    await page.context().setOffline(true)
    await page.getByRole('button').click()
    await page.getByRole('alert').filter({ hasText: 'could not be reached' }).waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button').click()
    await page.getByRole('status').filter({ hasText: 'a mail is on its way' }).waitFor()
    expect(asked).toEqual([['forgot-password', { email: 'ada@example.org' }]])
  })

  test.each(accountPages.flatMap(({ path }) => [[path, 'light'] as const, [path, 'dark'] as const]))(
    'nobody is kept from using /%s in %s colours',
    async (path, colorScheme) => {
      await page.emulateMedia({ colorScheme })
      await open(path)
      expect(await accessibilityProblems(page)).toEqual([])
    },
  )
})
