/** Which names objects may have (k8s.io/apimachinery/pkg/util/validation, pkg/api/validation). */
import { type FieldError, invalidValue, required, tooLong } from '../errors.ts'
import { type KubeObject } from '../types.ts'
import { type Resource } from './resources.ts'

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  `an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`
const serviceMessage =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and " +
  "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
  "'[a-z]([-a-z0-9]*[a-z0-9])?')"

const labelPattern = new RegExp(`^${label}$`)
const subdomainPattern = new RegExp(`^${subdomain}$`)
const servicePattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

/** Findings about a DNS-1123 label of at most 63 characters, such as a container's name. */
export function checkLabelName(field: string, name: string): FieldError[] {
  const errors: FieldError[] = []
  if (name.length > 63) errors.push(invalidValue(field, name, 'must be no more than 63 characters'))
  if (!labelPattern.test(name)) errors.push(invalidValue(field, name, labelMessage))
  return errors
}

/** Findings about a DNS-1123 subdomain of at most 253 characters. */
export function checkSubdomainName(field: string, name: string): FieldError[] {
  const errors: FieldError[] = []
  if (name.length > 253) errors.push(invalidValue(field, name, 'must be no more than 253 characters'))
  if (!subdomainPattern.test(name)) errors.push(invalidValue(field, name, subdomainMessage))
  return errors
}

function checkServiceName(field: string, name: string): FieldError[] {
  const errors: FieldError[] = []
  if (name.length > 63) errors.push(invalidValue(field, name, 'must be no more than 63 characters'))
  if (!servicePattern.test(name)) errors.push(invalidValue(field, name, serviceMessage))
  return errors
}

/** Names of RBAC objects need only fit into a path. */
function checkPathSegment(field: string, name: string): FieldError[] {
  if (name === '.' || name === '..') return [invalidValue(field, name, `may not be '${name}'`)]
  const bad = ['/', '%'].find((character) => name.includes(character))
  return bad ? [invalidValue(field, name, `may not contain '${bad}'`)] : []
}

const key = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const keyMessage =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const valueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

function checkKey(field: string, text: string): FieldError[] {
  const parts = text.split('/')
  const [prefix, name] = parts.length > 1 ? [parts[0], parts.slice(1).join('/')] : [undefined, text]
  const errors: FieldError[] = []
  if (prefix !== undefined && !subdomainPattern.test(prefix)) {
    errors.push(invalidValue(field, text, `prefix part ${subdomainMessage}`))
  }
  if (name === '') errors.push(invalidValue(field, text, 'name part must be non-empty'))
  if (name.length > 63) errors.push(invalidValue(field, text, 'name part must be no more than 63 characters'))
  if (!key.test(name)) errors.push(invalidValue(field, text, keyMessage))
  return errors
}

/** Findings about a map of labels. */
export function checkLabels(field: string, labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  const errors: FieldError[] = []
  for (const [name, value] of Object.entries(labels ?? {})) {
    errors.push(...checkKey(field, name))
    if (value.length > 63) errors.push(invalidValue(field, value, 'must be no more than 63 characters'))
    if (value !== '' && !key.test(value)) errors.push(invalidValue(field, value, valueMessage))
  }
  return errors
}

function checkOwners({ metadata }: KubeObject): FieldError[] {
  const field = 'metadata.ownerReferences'
  const owners = metadata.ownerReferences ?? []
  const errors = owners.flatMap((owner) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((part) => !owner[part])
      .map((part) => invalidValue(`${field}.${part}`, '', 'must not be empty')),
  )
  const controllers = owners.filter((owner) => owner.controller)
  if (controllers.length > 1) {
    const [first = '', second = ''] = controllers.map(({ kind, name }) => `${kind}/${name}`)
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`
    errors.push(invalidValue(field, owners, why))
  }
  return errors
}

const annotationLimit = 256 * 1024

/** Findings about the metadata of an object: its name by the rule of its kind, labels and annotations. */
export function checkMetadata(resource: Resource, object: KubeObject): FieldError[] {
  const { name, labels, annotations, finalizers } = object.metadata
  const errors: FieldError[] = []
  const field = 'metadata.name'
  if (name === '') errors.push(required(field, 'name or generateName is required'))
  else if (resource.key === 'namespaces') errors.push(...checkLabelName(field, name))
  else if (resource.key === 'services') errors.push(...checkServiceName(field, name))
  else if (resource.group === 'rbac.authorization.k8s.io') errors.push(...checkPathSegment(field, name))
  else errors.push(...checkSubdomainName(field, name))
  errors.push(...checkLabels('metadata.labels', labels))
  let size = 0
  for (const [each, value] of Object.entries(annotations ?? {})) {
    errors.push(...checkKey('metadata.annotations', each.toLowerCase()))
    size += each.length + value.length
  }
  if (size > annotationLimit) errors.push(tooLong('metadata.annotations', annotationLimit))
  errors.push(...checkOwners(object))
  for (const finalizer of finalizers ?? []) {
    if (!finalizer.includes('/') && !['foregroundDeletion', 'orphan', 'kubernetes'].includes(finalizer)) {
      const detail = 'name is neither a standard finalizer name nor is it fully qualified'
      errors.push(invalidValue('metadata.finalizers', finalizer, detail))
    }
  }
  return errors
}
