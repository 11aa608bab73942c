import type { ValueTemplate } from '../spec.ts'
import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { splitWords } from './words.ts'

/** `entrypoint` and `command`: a list of words, or a text that is split into words without a shell. */
export function readCommands(
  service: Node,
  owner: string,
  reader: Reader,
): { command?: ValueTemplate[]; args?: ValueTemplate[] } {
  const entrypoint = child(service, 'entrypoint')
  const words = entrypoint && readWords(entrypoint, owner, reader)
  const command = child(service, 'command')
  const args = command && readWords(command, owner, reader)
  if (entrypoint && words?.length === 0) {
    // Without an entrypoint the command is what runs, and Kubernetes calls that the command too.
    if (args && args.length > 0) return { command: args }
    reader.report.warn('ENTRYPOINT_NOT_CLEARED', entrypoint.path, "An empty entrypoint keeps the image's own.")
  }
  if (!words && command && args?.length === 0)
    reader.report.warn('COMMAND_NOT_CLEARED', command.path, "An empty command keeps the image's own.")
  return { ...(words && words.length > 0 && { command: words }), ...(args && args.length > 0 && { args }) }
}

function readWords(node: Node, owner: string, reader: Reader): ValueTemplate[] {
  if (Array.isArray(node.value)) return reader.list(node).flatMap((word) => one(reader.text(word, owner)))
  const text = reader.text(node, owner)
  const split = text && splitWords(text)
  if (split && !split.closed)
    reader.report.refuse('COMMAND_INVALID', node.path, 'A quote in the command is never closed.')
  return split?.words ?? []
}

const one = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value])
