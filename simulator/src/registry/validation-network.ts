/** What network policies and ingresses must have (k8s.io/kubernetes/pkg/apis/networking/validation). */
import { BlockList, isIP } from 'node:net'
import { type FieldError, invalidValue, notAllowed, notSupported, required } from '../errors.ts'
import { asArray, asObject, asObjects, asString, type JsonObject } from '../json.ts'
import { checkSubdomainName } from './names.ts'

type Block = { address: string; length: number; family: 'ipv4' | 'ipv6' }

/** The parts of a block such as `10.0.0.0/8`; undefined when it is none. */
function parseCidr(text: string): Block | undefined {
  const [address = '', length = ''] = text.split('/')
  const version = isIP(address)
  if (version === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (version === 4 ? 32 : 128)) return undefined
  return { address, length: Number(length), family: version === 4 ? 'ipv4' : 'ipv6' }
}

function isStrictSubset(inner: Block, outer: Block): boolean {
  const list = new BlockList()
  list.addSubnet(outer.address, outer.length, outer.family)
  return inner.length > outer.length && inner.family === outer.family && list.check(inner.address, inner.family)
}

const notCidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

function checkBlock(field: string, block: JsonObject): FieldError[] {
  const cidr = asString(block.cidr) ?? ''
  if (!cidr) return [required(`${field}.cidr`)]
  const outer = parseCidr(cidr)
  if (!outer) return [invalidValue(`${field}.cidr`, cidr, notCidr)]
  return asArray(block.except).flatMap((except, index) => {
    const here = `${field}.except[${index}]`
    const inner = parseCidr(String(except))
    if (!inner) return [invalidValue(here, except, notCidr)]
    return isStrictSubset(inner, outer) ? [] : [invalidValue(here, except, 'must be a strict subset of `cidr`')]
  })
}

function checkPeer(field: string, peer: JsonObject): FieldError[] {
  const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined
  if (peer.ipBlock === undefined) return selects ? [] : [required(field, 'must specify a peer')]
  if (selects) return [notAllowed(field, 'may not specify both ipBlock and another peer')]
  return checkBlock(`${field}.ipBlock`, asObject(peer.ipBlock))
}

const policyTypes = ['Egress', 'Ingress']

/** Findings about a network policy. */
export function checkNetworkPolicy(_object: unknown, spec: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  for (const [direction, side] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    asObjects(spec[direction]).forEach((rule, index) => {
      asObjects(rule[side]).forEach((peer, at) => {
        errors.push(...checkPeer(`spec.${direction}[${index}].${side}[${at}]`, peer))
      })
    })
  }
  asArray(spec.policyTypes).forEach((type, index) => {
    if (!policyTypes.includes(String(type))) errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes))
  })
  return errors
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

function checkPath(field: string, path: JsonObject): FieldError[] {
  if (path.pathType === undefined) return [required(`${field}.pathType`, 'pathType must be specified')]
  const type = asString(path.pathType) ?? ''
  if (!pathTypes.includes(type)) return [notSupported(`${field}.pathType`, type, pathTypes)]
  const text = asString(path.path) ?? ''
  if (text.startsWith('/') || (text === '' && type === 'ImplementationSpecific')) return []
  return [invalidValue(`${field}.path`, text, 'must be an absolute path')]
}

function checkHost(field: string, host: string): FieldError[] {
  if (isIP(host)) return [invalidValue(field, host, 'must be a DNS name, not an IP address')]
  return checkSubdomainName(field, host.startsWith('*.') ? host.slice(2) : host)
}

/** Findings about an ingress. */
export function checkIngress(_object: unknown, spec: JsonObject): FieldError[] {
  const rules = asObjects(spec.rules)
  if (rules.length === 0 && spec.defaultBackend === undefined) {
    return [invalidValue('spec', spec, 'either `defaultBackend` or `rules` must be specified')]
  }
  return rules.flatMap((rule, index) => {
    const field = `spec.rules[${index}]`
    const host = asString(rule.host)
    const paths = asObjects(asObject(rule.http).paths)
    return [
      ...(host ? checkHost(`${field}.host`, host) : []),
      ...paths.flatMap((path, at) => checkPath(`${field}.http.paths[${at}]`, path)),
    ]
  })
}
