import { invalid } from '../../lib/errors.ts'
import { resolveParameters } from '../../workload/parameters.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'

/**
 * What an order says about its service, checked against what the template declares, with defaults filled in. Throws
 * `invalid` INVALID_PARAMETERS with a pointer (RFC 6901) to each wrong one.
 */
export function checkParameters(spec: WorkloadSpec, given: Readonly<Record<string, unknown>>): Record<string, string> {
  const result = resolveParameters(spec, given)
  if (result.ok) return result.values
  throw invalid('INVALID_PARAMETERS', 'The parameters do not fit the service.', {
    fields: result.problems.map(({ name, message }) => ({
      pointer: `/parameters/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      detail: message,
    })),
  })
}
