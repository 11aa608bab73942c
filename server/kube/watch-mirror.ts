import type { KubeObject } from './object.ts'

export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }

/** What a watch knows of a collection: a projection and a resourceVersion for each UID, and nothing more. */
export type Mirror<T> = {
  all: ReadonlyMap<string, T>
  /** A line of the watch. What is known already, from a list or an earlier stream, is not reported again. */
  observe(type: WatchEvent<T>['type'], object: KubeObject): void
  /** Takes a complete list in, page by page; reports the differences when `finish` is called, deletions first. */
  beginList(): { addPage(items: readonly KubeObject[]): void; finish(): void }
}

type Options<T> = {
  project: (object: KubeObject) => T
  emit: (event: WatchEvent<T>) => void
  /** An object could not be projected: it stays as it was known before. */
  failed: (error: unknown) => void
}

/** An empty mirror. The order in which a list is reported lets a handler that keys by name see old before new. */
export function createMirror<T>({ project, emit, failed }: Options<T>): Mirror<T> {
  const all = new Map<string, T>()
  const versions = new Map<string, string>()

  const projected = (object: KubeObject): { value: T } | undefined => {
    // Half of an object's size, and of use to nobody who watches.
    if ('managedFields' in object.metadata) delete object.metadata.managedFields
    try {
      return { value: project(object) }
    } catch (error) {
      failed(error)
      return undefined
    }
  }
  const store = (uid: string, version: string, value: T) => {
    const type = all.has(uid) ? 'MODIFIED' : 'ADDED'
    all.set(uid, value)
    versions.set(uid, version)
    emit({ type, object: value })
  }
  const remove = (uid: string, value: T) => {
    all.delete(uid)
    versions.delete(uid)
    emit({ type: 'DELETED', object: value })
  }

  return {
    all,
    observe: (type, object) => {
      const uid = uidOf(object)
      const version = object.metadata.resourceVersion ?? ''
      if (type === 'DELETED') {
        if (!all.has(uid)) return
        const last = projected(object) ?? { value: all.get(uid) as T }
        remove(uid, last.value)
      } else if (versions.get(uid) !== version) {
        const next = projected(object)
        if (next) store(uid, version, next.value)
      }
    },
    beginList: () => {
      const seen = new Set<string>()
      const changed = new Map<string, { version: string; value: T }>()
      return {
        addPage: (items) => {
          for (const item of items) {
            const uid = uidOf(item)
            const version = item.metadata.resourceVersion ?? ''
            seen.add(uid)
            if (versions.get(uid) === version) continue
            const next = projected(item)
            if (next) changed.set(uid, { version, value: next.value })
          }
        },
        finish: () => {
          for (const [uid, value] of [...all]) if (!seen.has(uid)) remove(uid, value)
          for (const [uid, { version, value }] of changed) store(uid, version, value)
        },
      }
    },
  }
}

const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`
