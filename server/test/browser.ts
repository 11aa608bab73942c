import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from 'playwright-core'

/** Debian's Chromium; a test that needs it is skipped where there is none. */
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
export const hasBrowser = executablePath !== undefined

/** It runs as whoever runs the tests, and calls nobody but the pages under test. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const openBrowser = async (): Promise<Browser> => {
  if (executablePath === undefined) throw new Error('there is no Chromium here: apt-get install chromium')
  return chromium.launch({ executablePath, args: quiet })
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What keeps people with a disability from using the page, as axe finds it: WCAG 2.2 A and AA. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Through the debugger, which the page's own policy does not bind.
  await page.evaluate(await readFile(axe, 'utf8'))
  const found = await page.evaluate<Found>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  )
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
type Found = { violations: { id: string; nodes: { html: string }[] }[] }
