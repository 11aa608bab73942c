import type { EnvironmentVariable, ValueTemplate } from '../spec.ts'

/** Variables whose whole value is the name of a machine. */
const hostVariables = /HOST|URL|URI|ADDR|SERVER|ENDPOINT|DSN|NODE|BROKER|UPSTREAM|PEER|DOMAIN|BACKEND|PROXY/i

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * Writes the new name of a service wherever its old one stands as a host: after `@` or `//`, before a port or a path, or
 * alone in a variable that names a host. A database that is called like its service keeps its name.
 */
export function renameHosts(
  template: ValueTemplate,
  renames: ReadonlyMap<string, string>,
  variable = '',
): ValueTemplate {
  if (renames.size === 0) return template
  return template.map((part) => {
    if (typeof part === 'string')
      return renameInText(part, renames, template.length === 1 && hostVariables.test(variable))
    if (!('choose' in part)) return part
    return {
      ...part,
      then: renameHosts(part.then, renames, variable),
      otherwise: renameHosts(part.otherwise, renames, variable),
    }
  })
}

function renameInText(text: string, renames: ReadonlyMap<string, string>, isHost: boolean): string {
  let renamed = text
  for (const [from, to] of renames) {
    if (!renamed.includes(from)) continue
    if (isHost && renamed === from) return to
    const name = escaped(from)
    renamed = renamed
      .replaceAll(new RegExp(`(@|//)${name}(?![A-Za-z0-9_.-])`, 'g'), `$1${to}`)
      .replaceAll(new RegExp(`(?<![A-Za-z0-9_./@-])${name}(?=:\\d)`, 'g'), to)
  }
  return renamed
}

export const renameInVariable = (
  variable: EnvironmentVariable,
  renames: ReadonlyMap<string, string>,
): EnvironmentVariable => ({
  ...variable,
  value: renameHosts(variable.value, renames, variable.name),
})
