/** What the server serves, in the two forms that clients ask for (KEP-3352 for the aggregated one). */
import { kubernetesVersion } from '../schema/schema.ts'
import { type JsonObject } from '../json.ts'
import { type Resource, resources } from '../registry/resources.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

type Sub = { name: string; kind: string; group: string; version: string; verbs: string[] }

function subresourcesOf(resource: Resource): Sub[] {
  const own = { kind: resource.kind, group: resource.group, version: resource.version }
  const write = ['get', 'patch', 'update']
  return resource.subresources.map((name): Sub => {
    switch (name) {
      case 'scale':
        return { name, kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: write }
      case 'eviction':
        return { name, kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] }
      case 'binding':
        return { name, kind: 'Binding', group: '', version: 'v1', verbs: ['create'] }
      case 'token':
        return { name, kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }
      case 'log':
        return { name, ...own, verbs: ['get'] }
      case 'finalize':
        return { name, ...own, verbs: ['update'] }
      default:
        return { name, ...own, verbs: write }
    }
  })
}

function verbsOf(resource: Resource): string[] {
  return resource.key === 'namespaces' ? verbs.filter((each) => each !== 'deletecollection') : verbs
}

/** Kinds that are asked, not stored. */
const reviews = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']
const reviewKinds: Record<string, string> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
}

const order = ['', 'apps', 'authentication.k8s.io', 'authorization.k8s.io']

/** All groups, the core one (`''`) first. */
export const groups: readonly string[] = [
  ...new Set([...order.filter((g) => g !== 'authentication.k8s.io'), ...resources.map((each) => each.group)]),
]

function aggregatedResource(resource: Resource): JsonObject {
  return {
    resource: resource.plural,
    responseKind: { group: resource.group, version: resource.version, kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: verbsOf(resource),
    ...(resource.shortNames.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length ? { categories: resource.categories } : {}),
    ...(resource.subresources.length
      ? {
          subresources: subresourcesOf(resource).map((each) => ({
            subresource: each.name,
            responseKind: { group: each.group, version: each.version, kind: each.kind },
            verbs: each.verbs,
          })),
        }
      : {}),
  }
}

function aggregatedReview(plural: string): JsonObject {
  const kind = reviewKinds[plural] ?? ''
  return {
    resource: plural,
    responseKind: { group: 'authorization.k8s.io', version: 'v1', kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }
}

/** `/api` (core) or `/apis` (all others) as one APIGroupDiscoveryList. */
export function aggregatedDiscovery(core: boolean): JsonObject {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups
      .filter((group) => (group === '') === core)
      .map((group) => ({
        metadata: group ? { name: group, creationTimestamp: null } : { creationTimestamp: null },
        versions: [
          {
            version: 'v1',
            resources:
              group === 'authorization.k8s.io'
                ? reviews.map(aggregatedReview)
                : resources.filter((each) => each.group === group).map(aggregatedResource),
            freshness: 'Current',
          },
        ],
      })),
  }
}

function groupObject(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: 'v1' }
  return { name, versions: [version], preferredVersion: version }
}

/** `/apis`: the groups. */
export function groupList(): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter((group) => group !== '').map(groupObject) }
}

/** `/apis/<group>`; undefined when there is none of that name. */
export function groupDocument(name: string): JsonObject | undefined {
  return name !== '' && groups.includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupObject(name) } : undefined
}

/** `/api/v1` or `/apis/<group>/v1`: its resources and subresources; undefined when there is no such version. */
export function resourceList(group: string, version: string): JsonObject | undefined {
  if (version !== 'v1' || !groups.includes(group)) return undefined
  const rows: JsonObject[] = []
  for (const resource of resources.filter((each) => each.group === group)) {
    const { plural: name, singular: singularName, namespaced, kind, shortNames, categories } = resource
    rows.push({
      name,
      singularName,
      namespaced,
      kind,
      verbs: verbsOf(resource),
      ...(shortNames.length ? { shortNames } : {}),
      ...(categories.length ? { categories } : {}),
    })
    for (const sub of subresourcesOf(resource)) {
      const foreign = sub.group !== group ? { group: sub.group, version: sub.version } : {}
      rows.push({
        name: `${name}/${sub.name}`,
        singularName: '',
        namespaced,
        ...foreign,
        kind: sub.kind,
        verbs: sub.verbs,
      })
    }
  }
  if (group === 'authorization.k8s.io') {
    for (const name of reviews) {
      const kind = reviewKinds[name] ?? ''
      rows.push({ name, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] })
    }
  }
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources: rows,
  }
}

/** `/version`. Clients read the release from it to decide what they may ask. */
export function versionDocument(): JsonObject {
  const [major = '1', minor = '34'] = kubernetesVersion.replace(/^v/, '').split('.')
  return {
    major,
    minor,
    gitVersion: `v${major}.${minor}.0+simulator`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: `${process.platform}/${process.arch}`,
  }
}
