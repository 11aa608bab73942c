import type { SecretSpec } from '../spec.ts'

/**
 * Variables that are worth something by their name alone, as hundreds of public one-click templates use them. They are
 * generated once for each subscription, or computed from its addresses.
 */
export type Magic =
  | { readonly is: 'secret'; readonly secrets: readonly SecretSpec[] }
  /** The public address of a site; with a port, it also says where the site's service listens. */
  | { readonly is: 'url' | 'host'; readonly site: string; readonly port?: number }
  | { readonly is: 'sibling'; readonly service: string }
  | { readonly is: 'address'; readonly service: string }

const sited = /^SERVICE_(URL|FQDN)_(.+?)(?:_(\d{1,5}))?$/
const named = /^SERVICE_(NAME|HOST)_(.+)$/
const token = /^SERVICE_SUPABASE(ANON|SERVICE)_KEY$/
/** With a length from 16 on: `SERVICE_PASSWORD_1` is the first password, and not one of a single character. */
const generated =
  /^SERVICE_(LOWERCASEUSER|USER|PASSWORDWITHSYMBOLS|PASSWORD|REALBASE64|BASE64|HEX)(?:_(1[6-9]|[2-9]\d|[1-9]\d\d))?(?:_(.+))?$/

/** What a variable's name means; undefined for an ordinary one. */
export function magicOf(name: string): Magic | undefined {
  if (!name.startsWith('SERVICE_')) return undefined
  const site = sited.exec(name)
  if (site?.[2] !== undefined) {
    const port = Number(site[3] ?? 0)
    const isPort = port >= 1 && port <= 65535
    return { is: site[1] === 'URL' ? 'url' : 'host', site: site[2], ...(isPort && { port }) }
  }
  const service = named.exec(name)
  if (service?.[2] !== undefined) return { is: service[1] === 'NAME' ? 'sibling' : 'address', service: service[2] }
  const role = token.exec(name)
  if (role) return { is: 'secret', secrets: tokenSecrets(name, role[1] === 'ANON' ? 'anon' : 'service_role') }
  const secret = generated.exec(name)
  return secret ? { is: 'secret', secrets: [secretOf(name, secret[1] ?? '', Number(secret[2] ?? 0))] } : undefined
}

/** A token is signed with the password that the templates of its kind give their database. */
function tokenSecrets(name: string, role: string): SecretSpec[] {
  const signedBy = 'SERVICE_PASSWORD_JWT'
  return [secretOf(signedBy, 'PASSWORD', 0), { name, kind: 'jwt', role, signedBy }]
}

const longest = 512

/**
 * `BASE64` is, in the templates' own tradition, a random text of that length; `REALBASE64` is the encoding of that many
 * bytes, and `HEX` too.
 */
function secretOf(name: string, kind: string, given: number): SecretSpec {
  const size = Math.min(given, longest)
  switch (kind) {
    case 'USER':
      return { name, kind: 'user', length: size || 16 }
    case 'LOWERCASEUSER':
      return { name, kind: 'lowercase', length: size || 16 }
    case 'PASSWORDWITHSYMBOLS':
      return { name, kind: 'symbols', length: size || 32 }
    case 'PASSWORD':
      return { name, kind: 'password', length: size || 32 }
    case 'BASE64':
      return { name, kind: 'random', length: size || 32 }
    case 'REALBASE64':
      return { name, kind: 'base64', bytes: size || 32 }
    default:
      return { name, kind: 'hex', bytes: size || 32 }
  }
}

/** `MY_APP` for `my-app`: how a variable's name spells a service. */
export const spelledInVariables = (service: string): string => service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
