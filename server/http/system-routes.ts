import { z } from 'zod'
import type { Metrics } from './metrics.ts'
import { createOpenApi } from './openapi.ts'
import { reply, route, type Route } from './route.ts'
import { status } from './status.ts'

/** What the process says of itself, for orchestrators, scrapers and tools. */

/** One part that the process needs: `reason` says in words why it is not ready. */
export type PartReadiness = { name: string; ready: boolean; reason?: string }
export type Readiness = () => Promise<readonly PartReadiness[]>

const shared = { method: 'get', root: true, permission: 'public', tags: ['System'] } as const
const health = z.object({
  status: z.enum(['ready', 'not ready']),
  parts: z.array(z.object({ name: z.string(), ready: z.boolean(), reason: z.string().optional() })),
})

type Dependencies = { metrics: Metrics; readiness: Readiness; shutdown: AbortSignal }

export const systemRoutes = ({ metrics, readiness, shutdown }: Dependencies): Route[] => [
  route({
    ...shared,
    path: '/livez',
    summary: 'Whether the process lives',
    responses: { [status.ok]: { description: 'It does', schema: z.object({ status: z.literal('alive') }) } },
    handler: async () => reply(status.ok, { status: 'alive' }),
  }),
  route({
    ...shared,
    path: '/readyz',
    summary: 'Whether the process can do its work',
    description: 'Names each part that it needs, and why one is not ready.',
    responses: {
      [status.ok]: { description: 'All parts are ready', schema: health },
      [status.unavailable]: { description: 'A part is not ready', schema: health },
    },
    handler: async () => {
      const parts = [...(await readiness()), ...(shutdown.aborted ? [stopping] : [])]
      return parts.every(({ ready }) => ready)
        ? reply(status.ok, { status: 'ready', parts })
        : reply(status.unavailable, { status: 'not ready', parts })
    },
  }),
  route({
    ...shared,
    path: '/metrics',
    summary: 'Metrics for Prometheus',
    responses: {
      [status.ok]: { description: 'In the text format', contentType: metrics.contentType, schema: z.string() },
    },
    handler: async () => reply(status.ok, await metrics.text()),
  }),
]
const stopping = { name: 'server', ready: false, reason: 'it is stopping' }

/** `GET /openapi.json` over all the routes, itself among them. */
export function openApiRoute(routes: readonly Route[]): Route {
  const own: Route = route({
    ...shared,
    path: '/openapi.json',
    summary: 'This document',
    responses: { [status.ok]: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
    handler: async () => reply(status.ok, document(), { 'Cache-Control': 'no-cache' }),
  })
  let made: Record<string, unknown> | undefined
  const document = (): Record<string, unknown> => (made ??= { ...createOpenApi([...routes, own]) })
  return own
}
