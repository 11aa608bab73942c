import type { ServiceSpec, WorkloadSpec } from '../spec.ts'
import type { Path } from './node.ts'
import type { Report } from './report.ts'

type Bound<Whole> = {
  readonly what: string
  readonly most: number
  readonly at: Path
  readonly count: (whole: Whole) => number
}

/**
 * What becomes an object of the cluster, a row or a field of a form, one by one: a mebibyte of Compose has room for
 * twenty thousand of each. The largest public templates have a tenth of this.
 */
const ofService: readonly Bound<ServiceSpec>[] = [
  { what: 'further names', most: 50, at: ['networks'], count: ({ aliases }) => aliases.length },
  {
    what: 'mounts',
    most: 200,
    at: ['volumes'],
    count: ({ mounts, files, tmpfs }) => mounts.length + files.length + tmpfs.length,
  },
  { what: 'hosts', most: 200, at: ['extra_hosts'], count: ({ hosts }) => hosts.length },
  { what: 'groups', most: 50, at: ['group_add'], count: ({ groups }) => groups.length },
]

const ofTemplate: readonly Bound<WorkloadSpec>[] = [
  {
    what: 'further names of services',
    most: 200,
    at: ['services'],
    count: ({ services }) => services.reduce((sum, { aliases }) => sum + aliases.length, 0),
  },
  { what: 'volumes', most: 200, at: ['services'], count: ({ volumes }) => volumes.length },
  { what: 'generated secrets', most: 500, at: ['services'], count: ({ secrets }) => secrets.length },
  { what: 'parameters', most: 1000, at: ['x-berth', 'parameters'], count: ({ parameters }) => parameters.length },
  { what: 'ways in', most: 100, at: ['x-berth', 'expose'], count: ({ expose }) => expose.length },
  { what: 'fields', most: 100, at: ['x-berth', 'connection'], count: ({ connection }) => connection.length },
  { what: 'actions', most: 100, at: ['x-berth', 'actions'], count: ({ actions }) => actions.length },
]

/** `pathOf` leads to a service of the document by its name in the cluster. */
export function checkBounds(spec: WorkloadSpec, pathOf: (service: string) => Path, report: Report): void {
  const check = <Whole>(bounds: readonly Bound<Whole>[], whole: Whole, path: Path, owner: string): void => {
    for (const { what, most, at, count } of bounds) {
      const found = count(whole)
      if (found > most)
        report.refuse('TOO_MANY', [...path, ...at], `${owner} has ${found} ${what}, and may have ${most}.`)
    }
  }
  check(ofTemplate, spec, [], 'The template')
  for (const service of spec.services) check(ofService, service, pathOf(service.name), `The service "${service.name}"`)
}
