import { encodedInUrls, render } from '../render.ts'
import { endpointsOf, originOf, renderContextOf } from './endpoints.ts'
import type { ManifestInput } from './input.ts'

/** One line of what a customer needs to connect. */
export type ConnectionField = {
  readonly name: string
  readonly label: string
  readonly value: string
  /** Masked until asked for. */
  readonly secret: boolean
}

/** What the customer is shown, fit to be pasted: what the template says, or else the address of every way in. */
export function connectionOf(input: ManifestInput): ConnectionField[] {
  const context = renderContextOf(input)
  const fields = input.spec.connection.map(({ name, label, value, secret }) => {
    const rendered = render(value, context, encodedInUrls)
    return { name, label, value: rendered.text, secret: secret || rendered.secret }
  })
  if (fields.length > 0) return fields
  return endpointsOf(input).map((endpoint) => {
    const address = endpoint.kind === 'HTTP' ? originOf(endpoint) + endpoint.path : `${endpoint.host}:${endpoint.port}`
    return { name: endpoint.name, label: endpoint.name, value: address, secret: false }
  })
}
