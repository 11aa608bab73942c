import { readFile } from 'node:fs/promises'
import type { Express } from 'express'
import { notFound } from '../lib/errors.ts'
import { problemSlug } from './problems.ts'

/** The page that a problem's `type` leads to: its line of docs/problems.md, which is the one place that explains codes. */

type ProblemPage = { code: string; status: string; meaning: string; remedy: string }

const source = new URL('../../docs/problems.md', import.meta.url)
const line = /^\| ([A-Z_]+) +\| ([\d, ]+?) +\| (.+?) +\| (.+?) +\|$/gm

/** Every explained problem. */
export async function readProblemPages(): Promise<ProblemPage[]> {
  const text = await readFile(source, 'utf8')
  return [...text.matchAll(line)].map(([, code = '', status = '', meaning = '', remedy = '']) => ({
    code,
    status,
    meaning,
    remedy,
  }))
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', '')

const html = ({ code, status, meaning, remedy }: ProblemPage) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${code} – Berth</title>
<link rel="stylesheet" href="/docs/berth.css">
</head>
<body>
<header><strong>Berth</strong><span>Problems</span><a href="/docs">API reference</a></header>
<article>
<h1>${code}</h1>
<p>Status ${escaped(status)}. ${escaped(meaning)}</p>
<p>${escaped(remedy)}</p>
</article>
</body>
</html>
`

const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Mounts `/problems/:slug`. */
export function mountProblemPages(app: Express): void {
  app.get('/problems/:slug', async (request, response) => {
    const page = (await readProblemPages()).find(({ code }) => problemSlug(code) === request.params.slug)
    if (!page) throw notFound('ROUTE_NOT_FOUND', 'No problem has this name. All of them are in docs/problems.md.')
    response
      .set({
        'Content-Security-Policy': policy,
        'Cache-Control': 'public, max-age=3600',
        'Content-Type': 'text/html; charset=utf-8',
      })
      .send(html(page))
  })
}
