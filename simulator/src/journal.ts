/**
 * The store on disk: a snapshot and the changes since, as JSON lines. Lines are written in batches right after the
 * changes, so `kill -9` loses the last few milliseconds at most; a torn last line is left out when reading.
 * Generation n is `snapshot-n.jsonl` and the journals from n on; compaction makes the next generation, then drops the old.
 */
import { createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { isObject } from './json.ts'
import { type Store } from './store.ts'
import { type KubeObject, type ResourceKey } from './types.ts'

export type Journal = {
  /** Writes what is pending and closes. */
  close(): Promise<void>
  /** Resolves when everything that was committed before the call is written. */
  flush(): Promise<void>
}

/** Versions skipped at a restart: more than what clients can have seen of changes that were lost. */
const versionGap = 10_000

/** Journals shorter than this are not worth a snapshot. */
const leastLines = 20_000

type Line = { resource: ResourceKey; object?: KubeObject; removed?: [string, string]; version?: number }

function isLine(value: unknown): value is Line {
  return isObject(value) && typeof value.resource === 'string'
}

function generations(folder: string, kind: string): number[] {
  const pattern = new RegExp(`^${kind}-(\\d+)\\.jsonl$`)
  const found = readdirSync(folder).map((name) => pattern.exec(name)?.[1])
  return found
    .filter((each) => each !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

const file = (folder: string, kind: string, generation: number): string => join(folder, `${kind}-${generation}.jsonl`)

async function readLines(path: string, take: (line: Line) => void): Promise<void> {
  if (!existsSync(path)) return
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    try {
      const line: unknown = JSON.parse(text)
      if (isLine(line)) take(line)
    } catch {
      // A line that was torn by the end of the process: the change never was acknowledged as kept.
    }
  }
}

async function restore(folder: string, store: Store): Promise<{ generation: number; lines: number }> {
  const objects = new Map<string, [ResourceKey, KubeObject]>()
  let version = 0
  let lines = 0
  const take = ({ resource, object, removed, version: at = 0 }: Line): void => {
    lines++
    version = Math.max(version, at, Number(object?.metadata.resourceVersion ?? 0))
    if (object) objects.set([resource, object.metadata.namespace, object.metadata.name].join('/'), [resource, object])
    else if (removed) objects.delete([resource, removed[0] || undefined, removed[1]].join('/'))
  }
  const snapshot = generations(folder, 'snapshot').at(-1) ?? 0
  await readLines(file(folder, 'snapshot', snapshot), take)
  const journals = generations(folder, 'journal').filter((each) => each >= snapshot)
  for (const each of journals) await readLines(file(folder, 'journal', each), take)
  if (lines > 0) store.restore(objects.values(), version + versionGap)
  return { generation: journals.at(-1) ?? snapshot, lines }
}

/**
 * Restores what a folder holds into an empty store, and records every change from then on.
 * `failed` is told when the disk refuses: the simulator goes on in memory.
 */
export async function openJournal(folder: string, store: Store, failed: (error: unknown) => void): Promise<Journal> {
  mkdirSync(folder, { recursive: true })
  const restored = await restore(folder, store)
  let { generation, lines } = restored
  let handle: FileHandle = await open(file(folder, 'journal', generation), 'a')
  // A torn line has no end of its own: the next one starts on a fresh line.
  if (lines > 0) await handle.write('\n')
  let pending: string[] = []
  let writing: Promise<void> | undefined
  let compacting: Promise<void> | undefined

  async function write(): Promise<void> {
    await new Promise(setImmediate)
    while (pending.length) {
      const batch = pending
      pending = []
      await handle.write(batch.join(''))
    }
  }

  function schedule(): void {
    writing ??= write()
      .catch(failed)
      .finally(() => {
        writing = undefined
        if (pending.length) schedule()
      })
  }

  function record(line: Line): void {
    pending.push(`${JSON.stringify(line)}\n`)
    lines++
    schedule()
    if (lines > leastLines && lines > objectCount() * 4) compact()
  }

  let counted = 0
  let countedAt = 0
  function objectCount(): number {
    if (lines - countedAt < 0 || lines - countedAt > 5_000) {
      counted = [...store.entries()].length
      countedAt = lines
    }
    return counted
  }

  function compact(): void {
    compacting ??= snapshotNext()
      .catch(failed)
      .finally(() => {
        compacting = undefined
      })
  }

  async function snapshotNext(): Promise<void> {
    await flush()
    const next = generation + 1
    const following = await open(file(folder, 'journal', next), 'a')
    await flush()
    const entries = [...store.entries()]
    const previous = handle
    handle = following
    generation = next
    lines = countedAt = 0
    await previous.close()
    await writeSnapshot(file(folder, 'snapshot', next), entries)
    for (const kind of ['journal', 'snapshot']) {
      for (const old of generations(folder, kind)) if (old < next) await rm(file(folder, kind, old))
    }
  }

  async function flush(): Promise<void> {
    while (writing ?? pending.length) {
      if (!writing) schedule()
      await writing
    }
  }

  const unsubscribe = store.subscribe(({ type, resource, object, resourceVersion }) => {
    const { namespace = '', name } = object.metadata
    record(
      type === 'DELETED' ? { resource, removed: [namespace, name], version: resourceVersion } : { resource, object },
    )
  })

  return {
    flush,
    async close() {
      unsubscribe()
      await compacting
      await flush()
      await handle.close()
    },
  }
}

const batchSize = 500

async function writeSnapshot(path: string, entries: readonly [ResourceKey, KubeObject][]): Promise<void> {
  const draft = `${path}.tmp`
  const handle = await open(draft, 'w')
  for (let start = 0; start < entries.length; start += batchSize) {
    const batch = entries.slice(start, start + batchSize)
    await handle.write(batch.map(([resource, object]) => `${JSON.stringify({ resource, object })}\n`).join(''))
  }
  await handle.sync()
  await handle.close()
  await rename(draft, path)
}
