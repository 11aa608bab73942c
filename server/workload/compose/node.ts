/** A value of the document together with the way to it, so that whatever is said of it can name its place. */
export type Path = readonly (string | number)[]
export type Node = { readonly value: unknown; readonly path: Path }

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member that is there and not null, which in Compose means the same as absent. */
export function child(node: Node, key: string): Node | undefined {
  if (!isRecord(node.value) || !Object.hasOwn(node.value, key)) return undefined
  const value = node.value[key]
  return value === undefined || value === null ? undefined : { value, path: [...node.path, key] }
}

export const members = (node: Node): [string, Node][] =>
  isRecord(node.value)
    ? Object.entries(node.value).map(([key, value]) => [key, { value, path: [...node.path, key] }])
    : []

export const items = (node: Node): Node[] =>
  Array.isArray(node.value) ? node.value.map((value: unknown, index) => ({ value, path: [...node.path, index] })) : []

/** RFC 6901. */
export const pointerOf = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
