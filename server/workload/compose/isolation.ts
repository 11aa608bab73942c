import type { Isolation, ServiceSpec } from '../spec.ts'
import { restrictedCapabilities } from './privileges.ts'
import type { Report } from './report.ts'

/**
 * `restricted` needs a numeric user other than root for every service: an image whose user nobody stated passes
 * admission and then never starts. Asked for and not met, it is refused; not asked for, it is what is possible.
 */
export function isolationOf(services: readonly ServiceSpec[], asked: Isolation | undefined, report: Report): Isolation {
  const obstacles = services.flatMap((service) => {
    const obstacle = obstacleOf(service)
    return obstacle === undefined ? [] : [{ service, obstacle }]
  })
  if (asked !== 'restricted') return asked ?? (obstacles.length === 0 ? 'restricted' : 'baseline')
  for (const { service, obstacle } of obstacles) {
    report.refuse('ISOLATION_NOT_MET', ['services', service.name], `${service.name} cannot be restricted: ${obstacle}.`)
  }
  return 'restricted'
}

function obstacleOf({ user, capabilities }: ServiceSpec): string | undefined {
  if (!user) return 'its user is not stated as a number'
  if (user.uid === 0) return 'it runs as root'
  const excess = capabilities.add.filter((name) => !restrictedCapabilities.has(name))
  return excess.length > 0 ? `it adds the capability ${excess.join(', ')}` : undefined
}
