/** The pieces that tables are made of. */
import { asObject, asObjects, asString, at } from '../json.ts'
import { type KubeObject } from '../types.ts'

export type Column = { name: string; type: string; format: string; description: string; priority: number }

export type Columns = {
  definitions: readonly Column[]
  cells(object: KubeObject, age: string, now: Date): unknown[]
}

/** A column; priority 1 is shown by `-o wide` alone. */
export function column(name: string, type = 'string', format = '', priority = 0): Column {
  return { name, type, format, description: '', priority }
}

/** Columns from their names: the first is the name, a trailing `*` means wide, `:i` integer and `:b` boolean. */
export function columns(...names: string[]): Column[] {
  return names.map((text, index) => {
    const [, name = text, type, wide] = /^(.+?)(?::([ib]))?(\*)?$/.exec(text) ?? []
    const kind = type === 'i' ? 'integer' : type === 'b' ? 'boolean' : 'string'
    return column(name, kind, index === 0 && name === 'Name' ? 'name' : '', wide ? 1 : 0)
  })
}

const none = '<none>'

/** Text of a field, `<none>` when it is empty. */
export function text(value: unknown): string {
  return typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : none
}

/** `5m10s` and the like, as kubectl prints a duration in milliseconds. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000)
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return hours % 24 ? `${days}d${hours % 24}h` : `${days}d`
  return days < 730 ? `${days}d` : `${Math.floor(days / 365)}y`
}

/** The time since a moment; `<unknown>` without one. */
export function age(since: unknown, now: Date): string {
  const moment = asString(since)
  return moment ? duration(now.getTime() - new Date(moment).getTime()) : '<unknown>'
}

/** `a=b,c=d` of a selector's labels and expressions. */
export function selectorText(selector: unknown): string {
  const labels = Object.entries(asObject(at(selector, 'matchLabels') ?? selector)).filter(
    ([, value]) => typeof value === 'string',
  )
  const expressions = asObjects(at(selector, 'matchExpressions')).map((each) => {
    const values = Array.isArray(each.values) ? ` (${each.values.join(',')})` : ''
    if (each.operator === 'Exists') return String(each.key)
    if (each.operator === 'DoesNotExist') return `!${String(each.key)}`
    return `${String(each.key)} ${each.operator === 'In' ? 'in' : 'notin'}${values}`
  })
  return text([...labels.map(([key, value]) => `${key}=${String(value)}`).sort(), ...expressions].join(','))
}

/** Names and images of the containers of a pod template, each joined by commas. */
export function containerCells(template: unknown): [string, string] {
  const containers = asObjects(at(template, 'spec', 'containers'))
  return [containers.map((each) => text(each.name)).join(','), containers.map((each) => text(each.image)).join(',')]
}
