import type { RenderContext } from '../render.ts'
import type { ExposeSpec } from '../spec.ts'
import type { ManifestInput } from './input.ts'
import { addressOf, digestOf } from './names.ts'

/** One way in to a subscription. */
export type EndpointView = {
  readonly name: string
  readonly kind: 'HTTP' | 'TCP'
  /** PUBLIC through the cluster's ingress; INTERNAL for the organization's own subscriptions. */
  readonly scope: 'PUBLIC' | 'INTERNAL'
  readonly host: string
  readonly port: number
  readonly path: string
  readonly targetService: string
  readonly targetPort: number
  readonly tls: boolean
}

const maxLabel = 63

/** Every way in: first what the template exposes, then the ports that it publishes for others to reach. */
export function endpointsOf(input: ManifestInput): EndpointView[] {
  const exposed = input.spec.expose.map((expose) => exposedEndpoint(expose, input))
  const covered = new Set(exposed.map(({ targetService, targetPort }) => `${targetService}:${targetPort}`))
  const published = input.spec.services.flatMap((service) =>
    service.ports
      .filter(
        ({ port, protocol, published }) => published && protocol === 'TCP' && !covered.has(`${service.name}:${port}`),
      )
      .map(({ port }): EndpointView => {
        const host = addressOf(input.subscription.id, service.name)
        const target = { targetService: service.name, targetPort: port }
        return {
          name: `${service.name}-${port}`,
          kind: 'TCP',
          scope: 'INTERNAL',
          host,
          port,
          path: '/',
          ...target,
          tls: false,
        }
      }),
  )
  return [...exposed, ...published]
}

function exposedEndpoint(expose: ExposeSpec, input: ManifestInput): EndpointView {
  const { name, service, port, path } = expose
  const target = { targetService: service, targetPort: port }
  const host = publicHostOf(expose.site, input)
  if (expose.protocol === 'http' && host !== undefined) {
    const tls = hasTls(input)
    return { name, kind: 'HTTP', scope: 'PUBLIC', host, port: tls ? 443 : 80, path, ...target, tls }
  }
  const kind = expose.protocol === 'http' ? 'HTTP' : 'TCP'
  return {
    name,
    kind,
    scope: 'INTERNAL',
    host: addressOf(input.subscription.id, service),
    port,
    path,
    ...target,
    tls: false,
  }
}

const hasTls = ({ cluster }: ManifestInput): boolean => Boolean(cluster.certificateIssuer)

/**
 * `name-1a2b3c4d.base.domain`: names are unique in an organization only, so the random end of the subscription's UUID
 * makes the host unique in the cluster. Further sites put their own name between. Undefined without a base domain.
 */
function publicHostOf(site: string, { spec, subscription, cluster }: ManifestInput): string | undefined {
  if (!cluster.baseDomain) return undefined
  const isFirst = spec.expose.find(({ protocol }) => protocol === 'http')?.site === site
  const end = `${isFirst ? '' : `-${shortened(site)}`}-${subscription.id.slice(-8)}`
  return `${subscription.name.slice(0, maxLabel - end.length)}${end}.${cluster.baseDomain}`
}

/** Two long names that begin alike stay two. */
const shortened = (site: string): string => (site.length <= 24 ? site : `${site.slice(0, 15)}-${digestOf(site, 8)}`)

/** What the template's texts may speak of, for this subscription. */
export function renderContextOf(input: ManifestInput): RenderContext {
  const endpoints = endpointsOf(input)
  const siteOf = (site: string): EndpointView | undefined => {
    const expose = input.spec.expose.find((candidate) => candidate.site === site)
    return endpoints.find(({ name }) => name === expose?.name)
  }
  return {
    parameters: new Map(input.spec.parameters.map((parameter) => [parameter.name, parameter])),
    given: input.subscription.parameters,
    secrets: input.secrets,
    addressOf: (service) => addressOf(input.subscription.id, service),
    hostOf: (site) => siteOf(site)?.host ?? '',
    urlOf: (site) => {
      const endpoint = siteOf(site)
      return endpoint ? originOf(endpoint) : ''
    },
  }
}

/** `https://host`, with the port where it is not the scheme's own. */
export const originOf = ({ host, port, tls }: EndpointView): string =>
  `${tls ? 'https' : 'http'}://${host}${port === (tls ? 443 : 80) ? '' : `:${port}`}`
