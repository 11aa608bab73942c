import type { TemplateHeader } from '../diagnostic.ts'

/** `# key: value` in the comments before anything else; what else they say is left alone. */
export function readHeader(text: string): TemplateHeader {
  const found = new Map<string, string>()
  for (const line of text.slice(0, 16_384).split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed === '---') continue
    if (!trimmed.startsWith('#')) break
    const match = /^#+\s*(documentation|slogan|category|tags|logo|port|ignore)\s*:\s*(.*)$/i.exec(trimmed)
    const key = match?.[1]?.toLowerCase()
    if (key !== undefined && !found.has(key)) found.set(key, unquote(match?.[2] ?? ''))
  }
  const port = Number(found.get('port'))
  const textOf = (key: 'documentation' | 'slogan' | 'category' | 'logo'): Record<string, string> => {
    const value = found.get(key)
    return value ? { [key]: value } : {}
  }
  return {
    ...textOf('documentation'),
    ...textOf('slogan'),
    ...textOf('category'),
    ...textOf('logo'),
    tags: (found.get('tags') ?? '')
      .split(',')
      .map((tag) => tag.trim().toLowerCase())
      .filter((tag, index, all) => tag !== '' && all.indexOf(tag) === index),
    ...(Number.isInteger(port) && port >= 1 && port <= 65535 && { port }),
    ignore: found.get('ignore')?.toLowerCase() === 'true',
  }
}

const unquote = (text: string): string => {
  const trimmed = text.trim()
  const match = /^(["'])(.*)\1$/.exec(trimmed)
  return (match?.[2] ?? trimmed).trim()
}
