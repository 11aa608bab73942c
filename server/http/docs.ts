import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import express, { type Express, type Response } from 'express'
import { dirname } from 'node:path'

/**
 * The documentation page over openapi.json, from files of our own: no CDN, no script in the page, so that its policy
 * can forbid all others.
 */

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const assets = new Set(['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'])
const hourSeconds = 3600

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Berth API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/berth.css">
</head>
<body>
<header><strong>Berth</strong><span>API reference</span><a href="/openapi.json">openapi.json</a></header>
<main id="reference"></main>
<noscript><p>This page needs JavaScript. The document itself: <a href="/openapi.json">/openapi.json</a></p></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/berth.js"></script>
</body>
</html>
`

/** Mounts `/docs`. */
export function mountDocs(app: Express): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const own = new URL('./docs-page/', import.meta.url)
  const send = (response: Response, type: string, body: string | Buffer) =>
    response
      .set({
        'Content-Security-Policy': policy,
        'Cache-Control': `public, max-age=${hourSeconds}`,
        'Content-Type': type,
      })
      .send(body)

  app.get('/docs', (_request, response) => void send(response, 'text/html; charset=utf-8', page))
  app.get('/docs/berth.js', async (_request, response) => {
    send(response, 'text/javascript; charset=utf-8', await readFile(new URL('berth.js', own)))
  })
  app.get('/docs/berth.css', async (_request, response) => {
    send(response, 'text/css; charset=utf-8', await readFile(new URL('berth.css', own)))
  })
  const files = express.static(folder, { index: false, maxAge: hourSeconds * 1000 })
  app.use('/docs', (request, response, next) => {
    if (assets.has(request.path.slice(1))) files(request, response, next)
    else next()
  })
}
