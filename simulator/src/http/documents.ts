/** Answers that are not about stored objects: discovery, OpenAPI, health, version, reviews of the caller's rights. */
import { type JsonObject } from '../json.ts'
import { asksForOpenapiProtobuf, openapiProtobuf, openapiProtobufType } from '../schema/protobuf-openapi.ts'
import { aggregatedDiscovery, groupDocument, groupList, resourceList, versionDocument } from './discovery.ts'
import { type Exchange, readObject, sendJson } from './exchange.ts'
import { openapiV2, openapiV3, openapiV3Index } from './openapi.ts'

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }

async function review(exchange: Exchange): Promise<boolean> {
  const body = await readObject(exchange)
  const status = exchange.path.endsWith('selfsubjectrulesreviews')
    ? { resourceRules: [everything], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }], incomplete: false }
    : { allowed: true, reason: 'the simulator allows everything' }
  sendJson(exchange, 201, JSON.stringify({ ...body, status }))
  return true
}

function discovery(exchange: Exchange): JsonObject | undefined {
  const { path } = exchange
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path
  const aggregated = (exchange.request.headers.accept ?? '').includes('as=APIGroupDiscoveryList')
  if (trimmed === '/api') {
    if (aggregated) return aggregatedDiscovery(true)
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: exchange.request.headers.host ?? '' }],
    }
  }
  if (trimmed === '/apis') return aggregated ? aggregatedDiscovery(false) : groupList()
  const core = /^\/api\/([^/]+)$/.exec(trimmed)
  if (core) return resourceList('', core[1] ?? '')
  const [, group, version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(trimmed) ?? []
  if (group === undefined) return undefined
  return version === undefined ? groupDocument(group) : resourceList(group, version)
}

function openapi(path: string): JsonObject | undefined {
  if (path === '/openapi/v2') return openapiV2()
  if (path === '/openapi/v3') return openapiV3Index()
  return path.startsWith('/openapi/v3/') ? openapiV3(path.slice('/openapi/v3/'.length)) : undefined
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** The paths that tell whether the server lives, and nothing else: probes need no credentials for them. */
export const isHealthPath = (path: string): boolean => /^\/(healthz|livez|readyz)(\/|$)/.test(path)

/** Answers the request if its path is one of these; tells whether it did. */
export async function serveDocument(exchange: Exchange): Promise<boolean> {
  const { path, method, response } = exchange
  if (method === 'POST' && /^\/apis\/authorization\.k8s\.io\/v1\/selfsubject(access|rules)reviews$/.test(path)) {
    return review(exchange)
  }
  if (method !== 'GET' && method !== 'HEAD') return false
  if (isHealthPath(path)) {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('ok')
    return true
  }
  if (path === '/version' || path === '/version/') {
    sendJson(exchange, 200, JSON.stringify(versionDocument()))
    return true
  }
  if (path === '/openapi/v2' && asksForOpenapiProtobuf(exchange.request.headers.accept ?? '')) {
    const bytes = openapiProtobuf(openapiV2())
    response.writeHead(200, { 'content-type': openapiProtobufType, 'content-length': bytes.length, vary: 'Accept' })
    response.end(bytes)
    return true
  }
  const document = openapi(path) ?? discovery(exchange)
  if (!document) return false
  if (document.kind === 'APIGroupDiscoveryList') {
    const text = JSON.stringify(document)
    response.writeHead(200, {
      'content-type': aggregatedType,
      'content-length': Buffer.byteLength(text),
      vary: 'Accept',
    })
    response.end(text)
    return true
  }
  sendJson(exchange, 200, JSON.stringify(document))
  return true
}
