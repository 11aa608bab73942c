import type { EnvironmentVariable, ValueTemplate } from '../spec.ts'
import { magicOf } from './magic.ts'
import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { isUrlPath } from './url-path.ts'
import { siteLabel } from './variables.ts'

/** A service's own magic URL variable: the site that it asks for, and what is said of it. */
export type SiteDeclaration = {
  readonly site: string
  readonly spelled: string
  readonly service: string
  readonly port: number | undefined
  readonly path: string | undefined
  readonly at: Node
}

/** Kubernetes 1.30 takes no other names. */
const nameAllowed = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/

/** `environment`, as a list of `NAME=value` or as a map. A name without a value is what the order, or magic, says. */
export function readEnvironment(
  service: Node,
  owner: string,
  reader: Reader,
): { variables: EnvironmentVariable[]; declarations: SiteDeclaration[] } {
  const environment = child(service, 'environment')
  const declarations: SiteDeclaration[] = []
  const variables = new Map<string, EnvironmentVariable>()
  for (const { name, value, node } of environment ? entriesOf(environment, reader) : []) {
    if (!nameAllowed.test(name)) {
      reader.report.refuse(
        'ENVIRONMENT_NAME_INVALID',
        node.path,
        `"${name.slice(0, 60)}" cannot be the name of a variable.`,
      )
      continue
    }
    const declaration = declarationOf(name, value, owner, node, reader)
    if (declaration) declarations.push(declaration)
    variables.set(name, variableOf(name, value, declaration, node, owner, reader))
  }
  return { variables: [...variables.values()], declarations }
}

type Entry = { name: string; value: string | undefined; node: Node }

function entriesOf(environment: Node, reader: Reader): Entry[] {
  if (typeof environment.value === 'string') return listEntry(environment, environment.value)
  if (!Array.isArray(environment.value)) {
    return reader.map(environment).map(([name, node]) => ({ name, value: rawScalar(node, reader), node }))
  }
  return reader.list(environment).flatMap((node): Entry[] => {
    if (node.value === null || node.value === undefined) return []
    if (typeof node.value === 'string') return listEntry(node, node.value)
    // `- NAME: value` is a slip that many templates share, and can mean one thing only.
    return reader.map(node).map(([name, inner]) => ({ name, value: rawScalar(inner, reader), node: inner }))
  })
}

function listEntry(node: Node, text: string): Entry[] {
  const equals = text.indexOf('=')
  if (equals < 0) return text.trim() === '' ? [] : [{ name: text.trim(), value: undefined, node }]
  return [{ name: text.slice(0, equals).trim(), value: text.slice(equals + 1), node }]
}

/** The scalar before its variables are read; a missing one is no value, which differs from an empty one. */
function rawScalar(node: Node, reader: Reader): string | undefined {
  const { value } = node
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  // As it was written: `0755` and `1.10` mean their digits to whoever reads the variable.
  if (typeof value === 'number') return reader.written(node.path) ?? String(value)
  reader.report.refuse('TYPE_INVALID', node.path, 'The value of a variable must be a text, a number or a boolean.')
  return undefined
}

/** `SERVICE_URL_WEB_8080` or `SERVICE_URL_WEB=/path` in a service's environment makes it public. */
function declarationOf(
  name: string,
  value: string | undefined,
  service: string,
  at: Node,
  reader: Reader,
): SiteDeclaration | undefined {
  const magic = magicOf(name)
  if (magic?.is !== 'url' && magic?.is !== 'host') return undefined
  const path = value?.startsWith('/') && !value.includes('$') ? value : undefined
  if (value !== undefined && value !== '' && path === undefined) return undefined
  if (path !== undefined && !isUrlPath(path)) {
    reader.report.refuse('EXPOSE_PATH_INVALID', at.path, `"${path.slice(0, 60)}" cannot be a path of a public address.`)
    return undefined
  }
  return { site: siteLabel(magic.site), spelled: magic.site, service, port: magic.port, path, at }
}

function variableOf(
  name: string,
  value: string | undefined,
  declaration: SiteDeclaration | undefined,
  node: Node,
  owner: string,
  { variables }: Reader,
): EnvironmentVariable {
  const isMagic = magicOf(name) !== undefined
  if (declaration || (isMagic && (value === undefined || value === ''))) {
    const path: ValueTemplate = declaration?.path && declaration.path !== '/' ? [declaration.path] : []
    return { name, value: [...variables.valueOf(name, node.path, owner), ...path] }
  }
  if (value === undefined) return { name, value: variables.valueOf(name, node.path, owner), omitEmpty: true }
  return { name, value: variables.read(value, node.path, owner) }
}
