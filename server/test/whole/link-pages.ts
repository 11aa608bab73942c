import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'

/** Opens a link out of a mail, fills in the form by the names of its fields, presses the button, and gives what the page says. */
export type FollowLink = (link: string, fields: Readonly<Record<string, string>>) => Promise<string>

const attributes = (tag: string) =>
  Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
const textOf = (page: string, pattern: RegExp) => pattern.exec(page)?.[1]?.trim() ?? ''

/** As the page's form says that it is sent: to which endpoint, with the token or without, with which fields. */
export const fillByHand: FollowLink = async (link, fields) => {
  const { origin, hash } = new URL(link)
  const page = await (await fetch(link)).text()
  const form = attributes(/<form[^>]*>/.exec(page)?.[0] ?? '')
  const inputs = [...page.matchAll(/<input[^>]*>/g)].map(([tag]) => attributes(tag)).filter(({ name }) => name)
  const unknown = Object.keys(fields).filter((name) => !inputs.some((input) => input.name === name))
  if (unknown.length > 0) throw new Error(`the page has no field ${unknown.join(', ')}`)
  const token = form['data-token'] === 'needed' && { token: new URLSearchParams(hash.slice(1)).get('token') }
  const response = await fetch(`${origin}/${form['data-endpoint'] ?? ''}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...token, ...fields }),
  })
  if (response.ok) return textOf(page, /<div id="done"[^>]*>\s*<p>([^<]*)/)
  const { detail, errors = [] } = (await response.json()) as { detail: string; errors?: { detail: string }[] }
  return [detail, ...errors.map((field) => field.detail)].join(' ')
}

/** BERTH_TEST_SCREENSHOTS=folder keeps what each page looked like before and after. */
const screenshots = process.env['BERTH_TEST_SCREENSHOTS']
let shots = 0

/** As a person does it. */
export const fillInBrowser =
  (browser: Browser | undefined): FollowLink =>
  async (link, fields) => {
    if (!browser) throw new Error('there is no browser')
    const context = await browser.newContext({ viewport: { width: 900, height: 800 } })
    const page = await context.newPage()
    const keep = async (moment: string) => {
      if (screenshots === undefined) return
      mkdirSync(screenshots, { recursive: true })
      const name = `${String((shots += 1)).padStart(2, '0')}-${new URL(link).pathname.slice(1)}-${moment}.png`
      await page.screenshot({ path: join(screenshots, name), fullPage: true })
    }
    try {
      await page.goto(link)
      for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value)
      await keep('before')
      await page.getByRole('button').click()
      const said = page.locator('#done:not([hidden]), #failure:not([hidden])')
      await said.waitFor()
      await keep('after')
      return (await said.innerText()).trim()
    } finally {
      await context.close()
    }
  }
