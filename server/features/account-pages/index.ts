import { readFile } from 'node:fs/promises'
import type { BrowserPage } from '../../http/browser-pages.ts'
import type { Feature } from '../feature.ts'
import { accountPageMarkup } from './page.ts'
import { accountPages } from './pages.ts'

/**
 * What a link in a mail opens. The token is behind the #, which a browser sends to nobody, and it is used by a press of
 * the button: a scanner that follows links in mails finds a page and uses nothing up.
 */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const assetSeconds = 3600

const asset = (file: string, contentType: string): BrowserPage => ({
  path: `/account-pages/${file}`,
  async respond() {
    const body = await readFile(new URL(`./assets/${file}`, import.meta.url))
    return { contentType, body, policy, cacheSeconds: assetSeconds }
  },
})

const pages: readonly BrowserPage[] = [
  ...accountPages.map((page) => {
    const body = accountPageMarkup(page)
    return {
      path: `/${page.path}`,
      respond: async () => ({ contentType: 'text/html; charset=utf-8', body, policy }),
    }
  }),
  asset('page.js', 'text/javascript; charset=utf-8'),
  asset('page.css', 'text/css; charset=utf-8'),
]

export const accountPagesFeature = { name: 'account pages', pages } satisfies Feature
