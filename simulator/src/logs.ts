/** What containers print: a ring of lines per container, the run before it for `--previous`, and followers. */

export type LogLine = { time: Date; text: string }

export type LogQuery = { tailLines?: number; since?: Date; previous?: boolean }

export type Logs = {
  /** Adds a line to the present run of a container. */
  append(podUid: string, container: string, line: string): void
  /** The container starts again: what it printed until now is the previous run. */
  restart(podUid: string, container: string): void
  /** The lines that are kept, oldest first; undefined when that run never was. */
  read(podUid: string, container: string, query?: LogQuery): readonly LogLine[] | undefined
  /** Calls for each new line of the container, over restarts, until the function that it returns is called. */
  follow(podUid: string, container: string, listener: (line: LogLine) => void): () => void
  /** The pod is gone: its lines are forgotten. */
  forget(podUid: string): void
}

type Container = { current: LogLine[]; previous?: LogLine[]; listeners: Set<(line: LogLine) => void> }

/** Logs in memory. `keep` lines are kept of each run; older ones are dropped in blocks. */
export function createLogs(now: () => Date = () => new Date(), keep = 1_000): Logs {
  const pods = new Map<string, Map<string, Container>>()

  function open(podUid: string, name: string): Container {
    let containers = pods.get(podUid)
    if (!containers) pods.set(podUid, (containers = new Map<string, Container>()))
    let container = containers.get(name)
    if (!container) containers.set(name, (container = { current: [], listeners: new Set() }))
    return container
  }

  return {
    append(podUid, name, text) {
      const container = open(podUid, name)
      const line = { time: now(), text }
      container.current.push(line)
      if (container.current.length > keep * 2) container.current.splice(0, container.current.length - keep)
      for (const listener of [...container.listeners]) listener(line)
    },
    restart(podUid, name) {
      const container = open(podUid, name)
      container.previous = container.current
      container.current = []
    },
    read(podUid, name, query = {}) {
      const container = pods.get(podUid)?.get(name)
      const lines = query.previous ? container?.previous : container?.current
      if (!lines) return undefined
      const since = query.since
      const recent = since ? lines.filter((line) => line.time >= since) : lines.slice(-keep)
      return query.tailLines === undefined ? recent : query.tailLines > 0 ? recent.slice(-query.tailLines) : []
    },
    follow(podUid, name, listener) {
      const { listeners } = open(podUid, name)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    forget(podUid) {
      pods.delete(podUid)
    },
  }
}
