import { expect, test } from 'vitest'
import { createLog } from '../lib/log.ts'
import { createClosing } from './closing.ts'

test('what never closes is named and left behind, and what was opened before it is closed all the same', async () => {
  const logged: string[] = []
  const closing = createClosing(createLog('error', { write: (line) => void logged.push(line) }), 0)
  const closed: string[] = []
  closing.add('first', () => void closed.push('first'))
  closing.add('stuck', () => new Promise<void>(() => {}))
  closing.add('last', () => void closed.push('last'))
  expect(await closing.closeAll()).toBe(false)
  expect(closed).toEqual(['last', 'first'])
  expect(logged.join('')).toContain('stuck did not close')
})
