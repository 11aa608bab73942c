import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { isKubeError, kubeError } from './errors.ts'
import { listPages } from './list.ts'
import type { KindRef, KubeObject } from './object.ts'
import { collectionPath } from './resources.ts'
import type { Transport } from './transport.ts'
import { readWatchLines } from './watch-lines.ts'
import { createMirror, type WatchEvent } from './watch-mirror.ts'

export type { WatchEvent } from './watch-mirror.ts'

export type WatchOptions<T> = {
  labelSelector?: string
  fieldSelector?: string
  namespace?: string
  /** What to keep of an object (managedFields are gone already). Every kept value stays in memory: keep little. */
  project: (object: KubeObject) => T
  /** A stream silent for so long is given up. Bookmarks come about once a minute: 90 seconds mean a dead peer. */
  idleMilliseconds?: number
}

/** Called in order, and never after stop(). What a handler throws is logged and ends nothing. */
export type WatchHandlers<T> = {
  onEvent(event: WatchEvent<T>): void
  /** After each complete list, with all there is, by UID. The map lives on: read it now, do not keep it. */
  onSynced?(all: ReadonlyMap<string, T>): void
  /** Changes are no longer seen, and why. Nothing may be concluded about objects until onUp. */
  onDown?(error: unknown): void
  /** Changes are seen, for the first time or again; those missed meanwhile have been reported or are about to be. */
  onUp?(): void
}

export type Watch = { stop: () => void }

const idleDefault = 90_000
/** A stream that ends sooner did not work. */
const settleMilliseconds = 1_000
const firstDelay = 100
/**
 * The longest pause between attempts. A server that is away is asked every 1 to 2 seconds: a refused connection costs
 * nothing, and the watch is back within 2 seconds of it. One that answers with errors is there and suffers: it is asked
 * less and less, down to every 5 to 10 seconds.
 */
const longestDelay = { away: 2_000, answering: 10_000 }

/**
 * Watches a kind for ever: lists, watches from there with bookmarks, goes on from the last resourceVersion when the
 * stream ends, lists again when the server forgot that version (410) or two streams in a row did not live. What
 * happened unseen is reported after the next list, deletions too (DELETED with the last known projection). Runs until
 * stop(), whatever the server does.
 */
export function createWatch<T>(
  deps: { transport: Transport; log: Logger },
  kind: KindRef,
  options: WatchOptions<T>,
  handlers: WatchHandlers<T>,
): Watch {
  const stopping = new AbortController()
  const { signal } = stopping
  const round = createRound(deps, kind, options, guarded(deps.log, kind, handlers, signal), signal)
  const run = async () => {
    while (!signal.aborted) {
      const pause = await round()
      if (pause > 0 && !signal.aborted) await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }
  void run()
  return { stop: () => stopping.abort() }
}

/** One list (where needed) and one stream; resolves with the milliseconds to wait before the next. Never rejects. */
function createRound<T>(
  { transport, log }: { transport: Transport; log: Logger },
  kind: KindRef,
  { project, idleMilliseconds = idleDefault, namespace, ...selectors }: WatchOptions<T>,
  handlers: Required<WatchHandlers<T>>,
  signal: AbortSignal,
): () => Promise<number> {
  const mirror = createMirror<T>({
    project,
    emit: handlers.onEvent,
    failed: (error) => log.error({ err: error, kind: kind.kind }, 'An object of a watch could not be projected.'),
  })
  /** Where to go on; none: list first. */
  let version: string | undefined
  /** Rounds in a row that gave no lasting stream. */
  let failures = 0
  /** The last stream opened and did not last: the next one must last before it is believed. */
  let doubtful = false
  let state: 'unknown' | 'up' | 'down' = 'unknown'
  const setUp = () => {
    if (state !== 'up') handlers.onUp()
    state = 'up'
  }
  const setDown = (error: unknown) => {
    if (state !== 'down') {
      log.warn({ kind: kind.kind, reason: messageOf(error) }, 'A watch does not see its cluster.')
      handlers.onDown(error)
    }
    state = 'down'
  }

  const list = async (): Promise<string> => {
    const changes = mirror.beginList()
    let listed = ''
    const scope = namespace === undefined ? selectors : { namespace, ...selectors }
    for await (const page of listPages(transport, kind, scope)) {
      changes.addPage(page.items)
      listed = page.resourceVersion
    }
    changes.finish()
    handlers.onSynced(mirror.all)
    return listed
  }

  const follow = async (from: string, seen: (stream: Stream) => void): Promise<void> => {
    const query = {
      ...selectors,
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: from,
      // As client-go: 5 to 10 minutes, spread so that not all watches of all processes come back at once.
      timeoutSeconds: 300 + Math.floor(Math.random() * 300),
    }
    const response = await transport.stream({ method: 'GET', path: collectionPath(kind, namespace), query }, signal)
    seen('short')
    if (!doubtful) setUp()
    const settle = setTimeout(() => {
      seen('settled')
      doubtful = false
      failures = 0
      setUp()
    }, settleMilliseconds)
    try {
      await readWatchLines(response, idleMilliseconds, ({ type, object }) => {
        if (signal.aborted) return
        if (type !== 'BOOKMARK') mirror.observe(type, object)
        version = object.metadata.resourceVersion ?? version
      })
    } finally {
      clearTimeout(settle)
    }
  }

  return async () => {
    let stream: Stream = 'none'
    let error: unknown = endedAtOnce
    try {
      version ??= await list()
      await follow(version, (seen) => (stream = seen))
    } catch (thrown) {
      error = thrown
    }
    return signal.aborted ? 0 : judge(stream, error)
  }

  /** What a round's end means, and how long to wait after it. */
  function judge(stream: Stream, error: unknown): number {
    const gone = isKubeError(error) && error.kind === 'gone'
    if (gone) version = undefined
    // A stream that lasted and then ended is no outage yet: whether the server is there shows at once.
    if (stream === 'settled') return 0
    failures++
    doubtful = stream === 'short' && !gone
    // Events that cannot be followed can still be found by listing.
    if (doubtful && failures > 1) version = undefined
    // Once is forgiven: the next attempt heals it.
    if (failures === 1 && gone) return 0
    if (failures > 1 || !doubtful) setDown(error)
    return pauseAfter(failures, error)
  }
}

type Stream = 'none' | 'short' | 'settled'

const endedAtOnce = kubeError('server', 'The API server ends watches as soon as they are opened.')

/** Exponential, with half of it random, so that many watches do not ask in step. */
function pauseAfter(failures: number, error: unknown): number {
  const away = isKubeError(error) && (error.kind === 'unreachable' || error.kind === 'timeout')
  const longest = away ? longestDelay.away : longestDelay.answering
  return Math.min(firstDelay * 2 ** (failures - 1), longest) * (0.5 + Math.random() / 2)
}

/** The handlers, silent after stop() and unable to end the watch. */
function guarded<T>(
  log: Logger,
  kind: KindRef,
  handlers: WatchHandlers<T>,
  signal: AbortSignal,
): Required<WatchHandlers<T>> {
  const safely = (name: keyof WatchHandlers<T>, call: () => void) => {
    if (signal.aborted) return
    try {
      call()
    } catch (error) {
      log.error({ err: error, kind: kind.kind, handler: name }, 'A handler of a watch failed.')
    }
  }
  return {
    onEvent: (event) => safely('onEvent', () => handlers.onEvent(event)),
    onSynced: (all) => safely('onSynced', () => handlers.onSynced?.(all)),
    onDown: (error) => safely('onDown', () => handlers.onDown?.(error)),
    onUp: () => safely('onUp', () => handlers.onUp?.()),
  }
}
