import { stringify } from 'yaml'
import {
  connectionOf,
  endpointsOf,
  manifests,
  type ClusterSettings,
  type ManifestInput,
  type PlanResources,
} from '../../../workload/manifests/index.ts'
import { parametersRefused, resolveParameters } from '../../../workload/parameters.ts'
import type { ParameterSpec, WorkloadSpec } from '../../../workload/spec.ts'
import type { Preview } from './model.ts'

/** What a subscription would be made of: by the very functions that make one, with nothing of anybody in it. */

type Asked = {
  spec: WorkloadSpec
  plan: PlanResources
  parameters: Readonly<Record<string, unknown>>
  cluster: ClusterSettings
}

const nobody = '00000000-0000-0000-0000-000000000000'

/** Throws `invalid` INVALID_PARAMETERS where a given parameter breaks what the template asks for. */
export function previewOf({ spec, plan, parameters, cluster }: Asked): Omit<Preview, 'warnings'> {
  const input: ManifestInput = {
    spec,
    plan,
    subscription: {
      id: nobody,
      name: 'preview',
      organizationId: nobody,
      serviceId: nobody,
      serviceSlug: 'preview',
      planId: nobody,
      planSlug: 'preview',
      revisionId: nobody,
      generation: 1,
      parameters: parametersFor(spec, parameters),
    },
    secrets: sampleSecrets(spec),
    installationId: nobody,
    cluster,
    running: true,
  }
  const objects = manifests(input)
  return {
    yaml: objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
    objects: objects.map(({ apiVersion, kind, metadata: { name } }) => ({ apiVersion, kind, name })),
    endpoints: endpointsOf(input).map(({ name, kind, host, port }) => ({ name, kind, host, port })),
    connection: connectionOf(input).map(({ name, label, value, secret }) => ({ name, label, value, secret })),
  }
}

/** `SERVICE_PASSWORD_DB` → `sample-password-db`: nobody takes it for a real one. */
const sampleSecrets = ({ secrets }: WorkloadSpec): Record<string, string> =>
  Object.fromEntries(
    secrets.map(({ name }) => [
      name,
      name
        .toLowerCase()
        .replace(/^service_/, 'sample-')
        .replaceAll('_', '-'),
    ]),
  )

function parametersFor(spec: WorkloadSpec, given: Readonly<Record<string, unknown>>): Record<string, string> {
  const samples = spec.parameters
    .filter((parameter) => parameter.required && parameter.default === undefined && !(parameter.name in given))
    .map((parameter) => [parameter.name, sampleOf(parameter)] as const)
  const read = resolveParameters({ parameters: spec.parameters.map(relaxed(samples.map(([name]) => name))) }, given)
  if (read.ok) return { ...read.values, ...Object.fromEntries(samples) }
  throw parametersRefused(read.problems)
}

const relaxed =
  (sampled: readonly string[]) =>
  (parameter: ParameterSpec): ParameterSpec =>
    sampled.includes(parameter.name) ? { ...parameter, required: false } : parameter

/** What a customer has to give and did not: shown as what it is. */
function sampleOf({ type, enum: choices, minimum }: ParameterSpec): string {
  if (choices?.[0] !== undefined) return choices[0]
  if (type === 'boolean') return 'true'
  return type === 'string' ? 'sample' : String(minimum ?? 1)
}
