import { withoutTrailing } from '../../lib/text.ts'
import type { TemplateHeader } from '../diagnostic.ts'
import type { ExposeSpec, ServiceSpec } from '../spec.ts'
import type { SiteDeclaration } from './environment.ts'
import { labelOf } from './names.ts'
import type { Report } from './report.ts'
import { siteLabel } from './variables.ts'
import type { XBerth } from './x-berth.ts'

type Known = {
  readonly services: readonly Pick<ServiceSpec, 'name' | 'ports'>[]
  /** The document's names and their labels. */
  readonly labels: ReadonlyMap<string, string>
  readonly xBerth: XBerth
  readonly declarations: readonly SiteDeclaration[]
  /** Sites that some text speaks of, with the first service that does. */
  readonly sites: ReadonlyMap<string, string | undefined>
  readonly header: TemplateHeader
}

/** What is reachable from outside: what `x-berth` says, then what the magic URL variables ask for. */
export function readExpose(known: Known, report: Report): ExposeSpec[] {
  const exposes = explicit(known, report)
  const taken = new Set(exposes.map(({ name }) => name))
  const sited = new Set(exposes.map(({ site }) => site))
  for (const site of known.sites.keys()) {
    if (sited.has(site)) continue
    for (const expose of fromMagic(site, known, report)) {
      const name = uniqueName(expose.name, taken)
      taken.add(name)
      exposes.push({ ...expose, name })
    }
  }
  return exposes
}

function uniqueName(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 2; ; count++) {
    const name = count === 2 && !taken.has(wanted) ? wanted : labelOf(`${wanted}-${count}`)
    if (!taken.has(name)) return name
  }
}

function explicit({ labels, xBerth }: Known, report: Report): ExposeSpec[] {
  const taken = new Set<string>()
  const addresses = new Set<string>()
  return xBerth.expose.flatMap(({ service, port, protocol, name, path }, index): ExposeSpec[] => {
    const label = labels.get(service)
    if (label === undefined) {
      report.refuse(
        'EXPOSE_UNKNOWN_SERVICE',
        ['x-berth', 'expose', index, 'service'],
        `There is no service "${service}".`,
      )
      return []
    }
    const folder = folderOf(path)
    const address = `${name ?? label} ${folder}`
    if (protocol === 'http' && addresses.has(address))
      report.refuse(
        'X_BERTH_INVALID',
        ['x-berth', 'expose', index],
        `Something else is at ${folder} of the same address: give this one a \`path\` or a \`name\` of its own.`,
      )
    if (protocol === 'http') addresses.add(address)
    const unique = uniqueName(name ?? label, taken)
    taken.add(unique)
    return [{ name: unique, site: name ?? label, service: label, port, protocol, path: folder }]
  })
}

/** A site's endpoints: one for each path that its declarations ask for, on the service that they are declared in. */
function fromMagic(site: string, known: Known, report: Report): ExposeSpec[] {
  const namesake = known.services.find(({ name }) => name === site || siteLabel(name) === site)?.name
  const declarations = known.declarations.filter((declaration) => declaration.site === site)
  const byPath = new Map<string, SiteDeclaration>()
  for (const declaration of declarations) {
    const path = declaration.path ?? '/'
    const isNamesake = declaration.service === namesake
    if (!byPath.has(path) || isNamesake) byPath.set(path, declaration)
  }
  const statedPort = declarations.find(({ port }) => port !== undefined)?.port
  if (byPath.size === 0) {
    const service = namesake ?? known.sites.get(site) ?? known.services[0]?.name
    return service === undefined ? [] : [expose(site, service, '/', undefined, known, report)]
  }
  return [...byPath].map(([path, { service, port }]) => {
    const target =
      path === '/' && !declarations.some((declaration) => declaration.service === namesake)
        ? (namesake ?? service)
        : service
    return expose(site, target, path, port ?? (target === service ? statedPort : undefined), known, report)
  })
}

function expose(
  site: string,
  service: string,
  path: string,
  port: number | undefined,
  known: Known,
  report: Report,
): ExposeSpec {
  const declared = known.services.find(({ name }) => name === service)?.ports.find(({ protocol }) => protocol === 'TCP')
  const found = port ?? declared?.port ?? known.header.port
  if (found === undefined) {
    report.warn(
      'EXPOSE_PORT_GUESSED',
      ['services', service],
      `Nobody says on which port ${service} listens: 80 is taken.`,
    )
  }
  return { name: site, site, service, port: found ?? 80, protocol: 'http', path: folderOf(path) }
}

/** With and without a slash at its end, a prefix is the same one. */
const folderOf = (path: string): string => withoutTrailing(path, '/') || '/'
