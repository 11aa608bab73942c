import { readFile } from 'node:fs/promises'
import type { BrowserPage, PageAnswer, PageRequest } from '../../../http/browser-pages.ts'
import { html, toMarkup, type Html } from '../../../lib/html.ts'
import type { Letter, Letters } from './letters.ts'
import { isLocalRequest } from './open.ts'

/** `/mailbox`: what would have been mailed, for people who develop and for their programs. */

const policy =
  "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** A letter is shown as a mail program would: it runs nothing, and what it links to opens beside it. */
const letterPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
const stylesheet = new URL('./mailbox.css', import.meta.url)

export function mailboxPages(letters: Letters): BrowserPage[] {
  const page = (path: string, answer: (request: PageRequest) => Promise<PageAnswer | undefined>): BrowserPage => ({
    path,
    respond: async (request) => (isLocalRequest(request) ? answer(request) : undefined),
  })
  const recipientOf = ({ query }: PageRequest): string | undefined => query.get('to') ?? undefined
  return [
    page('/mailbox', async (request) => markup(list(await letters.list(recipientOf(request)), recipientOf(request)))),
    page('/mailbox.json', async (request) => {
      const found = await letters.list(recipientOf(request))
      const data = found.map(({ html: _, ...letter }) => letter)
      return { contentType: 'application/json; charset=utf-8', body: JSON.stringify({ data }), policy }
    }),
    page('/mailbox/style.css', async () => ({
      contentType: 'text/css; charset=utf-8',
      body: await readFile(stylesheet),
      policy,
    })),
    page('/mailbox/:id', async ({ params: { id = '' } }) => {
      const letter = await letters.find(id)
      return letter && markup(view(letter))
    }),
    page('/mailbox/:id/html', async ({ params: { id = '' } }) => {
      const letter = await letters.find(id)
      const body = letter?.html.replace('<head>', '<head><base target="_blank">')
      return body === undefined ? undefined : { contentType: 'text/html; charset=utf-8', body, policy: letterPolicy }
    }),
  ]
}

const markup = (page: Html): PageAnswer => ({
  contentType: 'text/html; charset=utf-8',
  body: toMarkup(page),
  policy,
})

const frame = (title: string, content: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – Berth mailbox</title>
        <link rel="stylesheet" href="/mailbox/style.css" />
      </head>
      <body>
        <header>
          <a href="/mailbox"><strong>Berth</strong> mailbox</a>
        </header>
        <p class="notice">
          <strong>For development.</strong> No mail server is set, so mails are shown here and sent to nobody. Set
          <code>SMTP_URL</code> to send them. This page answers this machine alone.
        </p>
        <main>${content}</main>
      </body>
    </html> `

const when = (date: Date): string => date.toISOString().replace('T', ' ').slice(0, 19)

const list = (letters: readonly Letter[], recipient: string | undefined): Html =>
  frame(
    'Mails',
    html`<h1>${recipient === undefined ? 'Mails' : `Mails to ${recipient}`}</h1>
      ${letters.length === 0 ? html`<p>There is none yet. Register an account, and its first mail appears here.</p>` : table(letters)}
      <p class="quiet">
        For programs: <a href="/mailbox.json">/mailbox.json</a>, or of one address <code>/mailbox.json?to=…</code>
      </p>`,
  )

const table = (letters: readonly Letter[]): Html =>
  html`<table>
    <thead>
      <tr>
        <th scope="col">Subject</th>
        <th scope="col">To</th>
        <th scope="col">Time (UTC)</th>
      </tr>
    </thead>
    <tbody>
      ${letters.map(
        ({ id, to, subject, createdAt }) =>
          html`<tr>
            <td><a href="/mailbox/${id}">${subject}</a></td>
            <td>${to}</td>
            <td><time datetime="${createdAt.toISOString()}">${when(createdAt)}</time></td>
          </tr> `,
      )}
    </tbody>
  </table>`

const view = ({ id, to, subject, createdAt, text, links }: Letter): Html =>
  frame(
    subject,
    html`<p><a href="/mailbox">← All mails</a></p>
      <h1>${subject}</h1>
      <p class="quiet">To ${to}, <time datetime="${createdAt.toISOString()}">${when(createdAt)} UTC</time></p>
      ${
        links.length === 0
          ? html``
          : html`<h2>Links</h2>
              <ul>
                ${links.map((link) => html`<li><a href="${link}">${link}</a></li>`)}
              </ul>`
      }
      <h2>HTML</h2>
      <iframe
        src="/mailbox/${id}/html"
        title="The mail as HTML"
        sandbox="allow-popups allow-popups-to-escape-sandbox"
      ></iframe>
      <h2>Text</h2>
      <pre>${text}</pre>`,
  )
