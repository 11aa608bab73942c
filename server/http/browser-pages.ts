import type { IncomingHttpHeaders } from 'node:http'
import type { Express } from 'express'
import { routeNotFound } from './problems.ts'

/**
 * What people open in a browser. Pages are no part of the API: they are in no document, need no permission and change
 * nothing; what a page does, it does through the API like everybody else.
 */
export type BrowserPage = {
  /** From the root; Express's `:name` for a parameter. */
  readonly path: string
  /** Undefined where there is nothing for this request. */
  respond(request: PageRequest): Promise<PageAnswer | undefined>
}
export type PageRequest = {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: string
  /** Who is at the other end of the connection itself, whatever headers say. */
  readonly remoteAddress: string
}
export type PageAnswer = {
  readonly contentType: string
  readonly body: string | Buffer
  /** The Content-Security-Policy of exactly this page. */
  readonly policy: string
  /** How long it may be kept. Never, where not given. */
  readonly cacheSeconds?: number
}

export function mountBrowserPages(app: Express, pages: readonly BrowserPage[]): void {
  for (const { path, respond } of pages) {
    app.get(path, async (request, response) => {
      const { headers, httpVersion, socket } = request
      const query = new URL(request.originalUrl, 'http://unused').searchParams
      const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)]))
      const remoteAddress = socket.remoteAddress ?? ''
      const answer = await respond({ params, query, headers, httpVersion, remoteAddress })
      if (!answer) throw routeNotFound(request.path)
      const { contentType, body, policy, cacheSeconds } = answer
      response
        .set({
          'Content-Type': contentType,
          'Content-Security-Policy': policy,
          'Cache-Control': cacheSeconds === undefined ? 'no-store' : `public, max-age=${cacheSeconds}`,
        })
        .send(body)
    })
  }
}
