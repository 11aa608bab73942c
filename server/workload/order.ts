import type { WorkloadSpec } from './spec.ts'

type Ordered = { readonly services: readonly { name: string; dependsOn: readonly { service: string }[] }[] }

/**
 * The services in waves: each depends only on those of earlier waves. A cycle, which the parser refuses, ends up
 * together in the last wave, so that nothing is ever left out.
 */
export function startOrder(spec: Pick<WorkloadSpec, 'services'>): string[][] {
  const { waves, cyclic } = sortIntoWaves(spec)
  return cyclic.length > 0 ? [...waves, cyclic] : waves
}

/** The services that wait for each other, in the order of the template; empty where there is no cycle. */
export const findCycle = (spec: Ordered): string[] => sortIntoWaves(spec).cyclic

function sortIntoWaves({ services }: Ordered): { waves: string[][]; cyclic: string[] } {
  const waves: string[][] = []
  const started = new Set<string>()
  const known = new Set(services.map(({ name }) => name))
  let waiting = [...services]
  while (waiting.length > 0) {
    const isDue = (service: (typeof waiting)[number]): boolean =>
      service.dependsOn.every((dependency) => started.has(dependency.service) || !known.has(dependency.service))
    const due = waiting.filter(isDue)
    if (due.length === 0) break
    waiting = waiting.filter((service) => !due.includes(service))
    waves.push(due.map(({ name }) => name))
    for (const { name } of due) started.add(name)
  }
  return { waves, cyclic: waiting.map(({ name }) => name) }
}
