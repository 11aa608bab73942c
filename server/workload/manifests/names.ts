import { createHash } from 'node:crypto'

const prefix = 'berth-'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The namespace of a subscription, by its plain UUID. */
export const namespaceOf = (subscriptionId: string): string => prefix + subscriptionId

/** The subscription of a namespace; undefined where the name is not one that Berth gives. */
export const subscriptionOfNamespace = (namespace: string): string | undefined => {
  const id = namespace.startsWith(prefix) ? namespace.slice(prefix.length) : ''
  return uuid.test(id) ? id : undefined
}

/** Where the organization's other subscriptions reach a service. The cluster's own domain is left to its search list. */
export const addressOf = (subscriptionId: string, service: string): string =>
  `${service}.${namespaceOf(subscriptionId)}.svc`

export const environmentSecretName = (service: string): string => `${service}-environment`
export const filesName = (service: string): string => `${service}-files`

/** The claim of a volume; copies of a clustered service beyond the first have claims of their own. */
export const claimName = (volume: string, copy = 0): string => (copy === 0 ? volume : `${volume}-${copy}`)

/** Hexadecimal SHA-256, shortened: enough to notice a change. */
export const digestOf = (text: string, length = 16): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)
