/** Label and field selectors, parsed once into predicates (k8s.io/apimachinery/pkg/labels, pkg/fields). */
import { badRequest } from './errors.ts'
import { asArray, asObject, asString, asStrings, at, isObject } from './json.ts'
import { type KubeObject } from './types.ts'

export type Labels = Readonly<Record<string, string>>
export type LabelPredicate = (labels: Labels) => boolean
export type ObjectPredicate = (object: KubeObject) => boolean

/** Splits at commas that are not inside parentheses. */
function clauses(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, index))
      from = index + 1
    }
  }
  parts.push(text.slice(from))
  return parts.map((part) => part.trim())
}

const key = String.raw`([A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)`
const value = String.raw`([A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?|)`
const setClause = new RegExp(String.raw`^${key}\s+(in|notin)\s*\(([^()]*)\)$`)
const equalityClause = new RegExp(String.raw`^${key}\s*(==|=|!=)\s*${value}$`)
const compareClause = new RegExp(String.raw`^${key}\s*([<>])\s*(-?\d+)$`)
const existsClause = new RegExp(String.raw`^(!?)\s*${key}$`)

function labelClause(clause: string): LabelPredicate {
  const set = setClause.exec(clause)
  if (set) {
    const [, name = '', operator, list = ''] = set
    const values = new Set(list.split(',').map((each) => each.trim()))
    if (operator === 'in') return (labels) => labels[name] !== undefined && values.has(labels[name])
    return (labels) => labels[name] === undefined || !values.has(labels[name])
  }
  const equality = equalityClause.exec(clause)
  if (equality) {
    const [, name = '', operator, wanted] = equality
    return operator === '!=' ? (labels) => labels[name] !== wanted : (labels) => labels[name] === wanted
  }
  const comparison = compareClause.exec(clause)
  if (comparison) {
    const [, name = '', operator, limit] = comparison
    return (labels) => {
      const number = labels[name] === undefined ? NaN : Number(labels[name])
      return operator === '<' ? number < Number(limit) : number > Number(limit)
    }
  }
  const exists = existsClause.exec(clause)
  if (exists) {
    const [, not, name = ''] = exists
    return not ? (labels) => labels[name] === undefined : (labels) => labels[name] !== undefined
  }
  throw badRequest(`unable to parse requirement: found '${clause}', expected: a label selector`)
}

/** The whole grammar of `labelSelector`: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`. 400 otherwise. */
export function parseLabelSelector(text: string): LabelPredicate {
  if (text.trim() === '') return () => true
  const all = clauses(text).map(labelClause)
  const [first, ...rest] = all
  if (first && rest.length === 0) return first
  return (labels) => all.every((matches) => matches(labels))
}

/** A `LabelSelector` object (matchLabels, matchExpressions). An absent one matches nothing, an empty one everything. */
export function labelSelectorMatches(selector: unknown, labels: Labels): boolean {
  if (!isObject(selector)) return false
  const wanted = asStrings(selector.matchLabels)
  for (const name in wanted) if (labels[name] !== wanted[name]) return false
  return asArray(selector.matchExpressions).every((expression) => {
    const { key: name, operator, values } = asObject(expression)
    const present = typeof name === 'string' ? labels[name] : undefined
    const listed = asArray(values)
    if (operator === 'In') return present !== undefined && listed.includes(present)
    if (operator === 'NotIn') return present === undefined || !listed.includes(present)
    if (operator === 'Exists') return present !== undefined
    return operator === 'DoesNotExist' && present === undefined
  })
}

const metadataFields = ['metadata.name', 'metadata.namespace']

/** Fields that can be selected besides the two of metadata, as the real API server registers them. */
const selectable: Record<string, readonly string[]> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  secrets: ['type'],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  services: ['spec.clusterIP', 'spec.type'],
  'jobs.batch': ['status.successful'],
  'replicasets.apps': ['status.replicas'],
}

function fieldValue(object: KubeObject, field: string): string {
  const found = field === 'source' ? at(object, 'source', 'component') : at(object, ...field.split('.'))
  if (found === undefined && (field === 'spec.unschedulable' || field === 'spec.hostNetwork')) return 'false'
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : ''
}

/** `fieldSelector` of a resource: `=`, `==` and `!=` on the fields it supports; 400 for any other field. */
export function parseFieldSelector(resourceKey: string, text: string): ObjectPredicate {
  if (text.trim() === '') return () => true
  const supported = [...metadataFields, ...(selectable[resourceKey] ?? [])]
  const all = text.split(',').map((clause): ObjectPredicate => {
    const match = /^\s*([^=!]+?)\s*(==|=|!=)\s*(.*?)\s*$/.exec(clause)
    if (!match) throw badRequest(`invalid selector: '${clause}'; can't understand '${clause}'`)
    const [, field = '', operator, raw = ''] = match
    const wanted = raw.replace(/\\(.)/g, '$1')
    if (!supported.includes(field)) throw badRequest(`field label not supported: ${field}`)
    if (field === 'metadata.name') return (object) => (object.metadata.name === wanted) === (operator !== '!=')
    return (object) => (fieldValue(object, field) === wanted) === (operator !== '!=')
  })
  return (object) => all.every((matches) => matches(object))
}

/** The name that a field selector pins, if it does (`metadata.name=x`): lists need not look at anything else. */
export function pinnedName(fieldSelector: string | undefined): string | undefined {
  return asString(/(?:^|,)\s*metadata\.name\s*==?\s*([^,\s]+)/.exec(fieldSelector ?? '')?.[1])
}
