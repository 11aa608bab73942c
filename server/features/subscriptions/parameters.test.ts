import { expect, test } from 'vitest'
import { isFailure } from '../../lib/errors.ts'
import { workloadOf } from '../../workload/test/sample.ts'
import { checkParameters } from './parameters.ts'

/** What an order with these parameters is told, with the places that it is about. */
function told(spec: Parameters<typeof checkParameters>[0], given: Record<string, unknown>): unknown {
  try {
    return checkParameters(spec, given)
  } catch (error) {
    if (!isFailure(error)) throw error
    return [error.code, ...(error.fields ?? []).map(({ pointer }) => pointer)]
  }
}

test('each value may be as long as it may, and all of them not longer than a cluster stores', () => {
  const content = '${NOTE} '.repeat(300)
  const spec = workloadOf(
    `services: { web: { image: a, configs: [{ source: c, target: /c }] } }\nconfigs: { c: { content: "${content}" } }`,
  )
  expect(told(spec, { NOTE: 'x'.repeat(4096) })).toEqual(['INVALID_PARAMETERS', '/parameters'])
  expect(told(spec, { NOTE: 'ü'.repeat(2048) })).toEqual(['INVALID_PARAMETERS', '/parameters'])
  expect(told(spec, { NOTE: 'x'.repeat(2000) })).toEqual({ NOTE: 'x'.repeat(2000) })
})
