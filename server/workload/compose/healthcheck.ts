import type { HealthcheckSpec, ValueTemplate } from '../spec.ts'
import { parseDuration } from './amounts.ts'
import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'

/** Compose's own defaults, but for the start, which somebody waits for: it is looked at every 2 seconds, not every 5. */
const usual = { interval: 30, timeout: 30, retries: 3, startPeriod: 0, startInterval: 2 } as const

export type HealthcheckResult = { readonly check: HealthcheckSpec | undefined; readonly disabled: boolean }

/** `healthcheck`. `NONE` and `disable` say that there is none on purpose. */
export function readHealthcheck(service: Node, owner: string, reader: Reader): HealthcheckResult {
  const node = child(service, 'healthcheck')
  if (!node) return { check: undefined, disabled: false }
  const known = new Set(['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'])
  for (const [key, inner] of reader.map(node)) {
    if (!known.has(key) && !key.startsWith('x-'))
      reader.report.refuse('KEY_UNKNOWN', inner.path, `A health check has no "${key}".`)
  }
  const disable = child(node, 'disable')
  if (disable && reader.flag(disable)) return { check: undefined, disabled: true }
  const test = child(node, 'test')
  const command = test ? readTest(test, owner, reader) : undefined
  if (command === 'none') return { check: undefined, disabled: true }
  if (!command) return { check: undefined, disabled: false }
  if (command.some(reader.variables.holdsSecret)) {
    reader.report.warn(
      'SECRET_IN_HEALTHCHECK',
      (test ?? node).path,
      'The check spells out a secret, which whoever may list pods can read.',
    )
  }
  const seconds = (key: string, otherwise: number): number => readSeconds(node, key, reader) || otherwise
  return {
    check: {
      command,
      intervalSeconds: seconds('interval', usual.interval),
      timeoutSeconds: seconds('timeout', usual.timeout),
      retries: readRetries(node, reader),
      startPeriodSeconds: readSeconds(node, 'start_period', reader) ?? usual.startPeriod,
      startIntervalSeconds: seconds('start_interval', usual.startInterval),
    },
    disabled: false,
  }
}

/** A text goes through a shell; a list says how by its first word. */
function readTest(test: Node, owner: string, reader: Reader): ValueTemplate[] | 'none' | undefined {
  const shell = (text: ValueTemplate): ValueTemplate[] => [['/bin/sh'], ['-c'], text]
  if (!Array.isArray(test.value)) {
    const text = reader.text(test, owner)
    return text && text.length > 0 ? shell(text) : undefined
  }
  const [kind, ...rest] = reader.list(test)
  const words = rest.flatMap((word) => {
    const text = reader.text(word, owner)
    return text ? [text] : []
  })
  if (kind?.value === 'NONE') return 'none'
  if (kind?.value === 'CMD' && words.length > 0) return words
  if (kind?.value === 'CMD-SHELL' && words[0]) return shell(words[0])
  reader.report.refuse('TYPE_INVALID', test.path, 'A test begins with CMD, CMD-SHELL or NONE, and a command follows.')
  return undefined
}

export function readSeconds(node: Node, key: string, reader: Reader): number | undefined {
  const inner = child(node, key)
  const text = inner && reader.fixed(inner)
  if (inner === undefined || text === undefined) return undefined
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds > 86_400) {
    reader.report.refuse('DURATION_INVALID', inner.path, `"${text}" is not a duration of at most a day.`)
    return undefined
  }
  return seconds
}

function readRetries(node: Node, reader: Reader): number {
  const inner = child(node, 'retries')
  const text = inner && reader.fixed(inner)
  if (inner === undefined || text === undefined) return usual.retries
  const retries = Number(text)
  if (/^\d+$/.test(text) && retries <= 1000) return Math.max(1, retries)
  reader.report.refuse('NUMBER_INVALID', inner.path, `"${text}" is not a number of retries.`)
  return usual.retries
}
