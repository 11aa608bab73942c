import { route, type Route } from '../../http/route.ts'
import { eventStream } from '../../http/sse.ts'
import { status } from '../../http/status.ts'
import type { EventService } from './service.ts'

export const eventRoutes = (events: EventService): Route[] => [
  route({
    method: 'get',
    path: '/events',
    permission: 'user',
    scope: 'events:read',
    stream: true,
    summary: 'What happens, as it happens (Server-Sent Events)',
    description:
      'Events named `subscription.updated`, `operation.updated` and `pod.updated`. Send `Last-Event-ID` to get what was missed; `reset` says that it is no longer known, and that everything has to be read again.',
    tags: ['Events'],
    responses: { [status.ok]: { description: 'An endless stream', contentType: 'text/event-stream' } },
    handler: ({ caller, request, response }) => events.follow(caller, eventStream(response, request)),
  }),
]
