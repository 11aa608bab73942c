import { invalid } from '../../lib/errors.ts'
import { parametersRefused, resolveParameters } from '../../workload/parameters.ts'
import { excessOf } from '../../workload/size.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'

/**
 * What an order says about its service, checked against what the template declares, with defaults filled in. Throws
 * `invalid` INVALID_PARAMETERS with a pointer (RFC 6901) to each wrong one, or to all of them where they are too much.
 */
export function checkParameters(spec: WorkloadSpec, given: Readonly<Record<string, unknown>>): Record<string, string> {
  const result = resolveParameters(spec, given)
  if (!result.ok) throw parametersRefused(result.problems)
  const excess = excessOf(spec, result.values)
  if (excess !== undefined)
    throw invalid('INVALID_PARAMETERS', excess, {
      fields: [{ pointer: '/parameters', detail: 'are too long together' }],
    })
  return result.values
}
