import type { ValuePart, ValueTemplate } from '../spec.ts'

/**
 * Splits a command line into words as a shell would, with quotes and backslashes and nothing else of a shell: this is
 * how Compose reads `command: redis-server --save ""`. A hole is part of the word around it, whatever it will hold.
 */
export function splitWords(template: ValueTemplate): { words: ValueTemplate[]; closed: boolean } {
  const words: ValuePart[][] = []
  let word: ValuePart[] | undefined
  let quote: '"' | "'" | undefined
  const append = (text: string): void => {
    word ??= []
    const last = word.at(-1)
    if (typeof last === 'string') word[word.length - 1] = last + text
    else word.push(text)
  }
  const finish = (): void => {
    if (word) words.push(word.filter((part) => part !== ''))
    word = undefined
  }
  for (const part of template) {
    if (typeof part !== 'string') {
      word = [...(word ?? []), part]
      continue
    }
    for (let index = 0; index < part.length; index++) {
      const character = part.charAt(index)
      const next = part.charAt(index + 1)
      if (quote === "'") {
        if (character === "'") quote = undefined
        else append(character)
      } else if (character === '\\' && (quote === undefined || '"\\$`'.includes(next)) && next !== '') {
        if (next !== '\n') append(next)
        index++
      } else if (quote === '"') {
        if (character === '"') quote = undefined
        else append(character)
      } else if (character === '"' || character === "'") {
        quote = character
        append('')
      } else if (/\s/.test(character)) finish()
      else append(character)
    }
  }
  finish()
  return { words, closed: quote === undefined }
}
