import { type Fault, type Faults, type RequestMatch } from './types.ts'

/** The switches for what goes wrong on purpose. Nothing is wrong at first. */
export function createFaults(): Faults {
  const faults = new Map<string, Fault>()
  const listeners = new Set<() => void>()
  let count = 0

  function changed(): void {
    for (const listener of [...listeners]) listener()
  }

  return {
    add(fault) {
      const id = `fault-${++count}`
      faults.set(id, fault)
      changed()
      return id
    },
    remove(id) {
      if (faults.delete(id)) changed()
    },
    clear() {
      faults.clear()
      changed()
    },
    list: () => [...faults].map(([id, fault]) => ({ id, fault })),
    active<K extends Fault['kind']>(kind: K) {
      if (faults.size === 0) return []
      return [...faults.values()].filter((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Whether a request is meant: the method exactly, the path exactly or with `*` for anything. Absent means any. */
export function matchesRequest(match: RequestMatch | undefined, method: string, path: string): boolean {
  if (match?.method && match.method.toUpperCase() !== method) return false
  return match?.path === undefined || matchesPattern(match.path, path)
}

/** Whether a text equals a pattern in which `*` stands for anything. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}
