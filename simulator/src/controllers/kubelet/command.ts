/**
 * What a container's command would do, for the few commands that say it themselves: `true`, `false`, `sleep`, `exit` and
 * `echo`, alone or as a `sh -c` script. Anything else is a program whose doings are not known.
 */
import { type Container } from '../shared/kinds.ts'

export type Behaviour = { lines: string[]; exitCode: number; milliseconds: number }

const shells = new Set(['sh', '/bin/sh', 'bash', '/bin/bash', 'ash', '/bin/ash'])

/** Lines printed at the start, how long it runs and how it ends; undefined when the command does not tell. */
export function behaviourOf(container: Container): Behaviour | undefined {
  const words = [...(container.command ?? []), ...(container.args ?? [])]
  const [program = '', option, script] = words
  if (words.length === 0) return undefined
  if (shells.has(program))
    return /^-[a-z]*c$/.test(option ?? '') && script !== undefined ? runScript(script) : undefined
  return runScript(words.map(quoted).join(' '))
}

function quoted(word: string): string {
  return /^[\w.:/-]+$/.test(word) ? word : `'${word}'`
}

function runScript(script: string): Behaviour | undefined {
  const result: Behaviour = { lines: [], exitCode: 0, milliseconds: 0 }
  if (/[`$|<>(){}]|\|\||(?<!&)&(?!&)/.test(script)) return undefined
  for (const statement of script.split(/;|&&|\n/)) {
    const [program = '', ...words] = statement
      .trim()
      .replace(/^exec\s+/, '')
      .split(/\s+/)
    const argument = words.join(' ')
    if (program === '') continue
    if (program === 'echo') result.lines.push(unquoted(argument))
    else if (program === 'sleep') {
      const milliseconds = duration(argument)
      if (milliseconds === undefined) return undefined
      result.milliseconds += milliseconds
    } else if (program === 'true' || program === '/bin/true') result.exitCode = 0
    else if (program === 'false' || program === '/bin/false') result.exitCode = 1
    else if (program === 'exit') return { ...result, exitCode: Number(argument) & 255 }
    else return undefined
  }
  return result
}

function unquoted(text: string): string {
  return text.replace(/(['"])(.*?)\1/g, '$2')
}

/** Milliseconds of `5`, `5s`, `2m`, `1h`, `250ms`; infinity for `infinity`; undefined for anything else. */
export function duration(text: string): number | undefined {
  if (text === 'infinity' || text === 'inf') return Infinity
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text)
  if (!match) return undefined
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 's'] ?? 1_000
  return Number(match[1]) * unit
}
