import type { Customer } from './customer.ts'
import type { Berth } from './berth.ts'

/** One event of the stream, as it came over the wire. */
export type SeenEvent = { id: string | undefined; type: string; data: Record<string, unknown> }

export type EventReader = {
  seen: SeenEvent[]
  /** Cuts the line, as a train in a tunnel does. */
  cut(): Promise<void>
}

/** Follows `/events` as it is, without a client that connects again by itself. Settles when the stream is open. */
export async function readEvents(
  berth: Pick<Berth, 'url'>,
  customer: Pick<Customer, 'authorization'>,
  lastEventId?: string,
): Promise<EventReader> {
  const cut = new AbortController()
  const response = await fetch(`${berth.url()}/api/v1/events`, {
    headers: {
      authorization: customer.authorization(),
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: cut.signal,
  })
  if (!response.ok || !response.body) throw new Error(`the stream was answered ${response.status}`)
  const seen: SeenEvent[] = []
  const reading = collect(response.body.pipeThrough(new TextDecoderStream()), seen).catch(() => undefined)
  return {
    seen,
    async cut() {
      cut.abort()
      await reading
    },
  }
}

async function collect(stream: ReadableStream<string>, seen: SeenEvent[]): Promise<void> {
  let rest = ''
  for await (const text of stream) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data === undefined) continue
      seen.push({ id: field('id'), type: field('event') ?? '', data: JSON.parse(data) as Record<string, unknown> })
    }
  }
}
