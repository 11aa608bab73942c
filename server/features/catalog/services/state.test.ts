import { expect, test } from 'vitest'
import { ServiceStatus } from '../../../db/generated/enums.ts'
import { allowedEvents, nextStatus, serviceEvents, serviceTransitions } from './state.ts'

const cases = Object.values(ServiceStatus).flatMap((status) =>
  serviceEvents.flatMap((event) => [true, false].map((subscribed) => ({ status, event, subscribed }))),
)

test.each(cases)('$event of a $status service, subscribed before: $subscribed', ({ status, event, subscribed }) => {
  const wanted = serviceTransitions[status][event]
  if (wanted && !(event === 'withdraw' && subscribed)) expect(nextStatus(status, event, subscribed)).toBe(wanted)
  else
    expect(() => nextStatus(status, event, subscribed)).toThrow(
      expect.objectContaining({
        code: 'INVALID_STATE',
        extensions: expect.objectContaining({ state: status }) as unknown,
      }),
    )
})

test('a service that somebody has never becomes invisible to them', () => {
  for (const status of Object.values(ServiceStatus))
    for (const event of allowedEvents(status, true)) expect(nextStatus(status, event, true)).not.toBe('DRAFT')
})
