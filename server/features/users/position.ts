import { cursorTime } from '../../http/page.ts'
import { invalid } from '../../lib/errors.ts'
import { orderOf, type Sort } from './find-users.ts'

/** Where a page of users begins: what its cursor says, checked like all input. */

export type Position = readonly ['users', Sort, string, string]

/** Throws `invalid` for a cursor of another order, and for one that was made up. */
export function afterOf([, sortedBy, key, id]: Position, sort: Sort): { key: string; id: string } {
  const { order } = orderOf(sort)
  const isTime = order === 'created' || order === 'lastSeen'
  const isKey = !isTime || cursorTime.safeParse(key).success || (order === 'lastSeen' && key === '-infinity')
  if (sortedBy === sort && isKey) return { key, id }
  throw invalid('INVALID_REQUEST', 'The request is not valid: /query/cursor is not a cursor of this order.', {
    fields: [{ pointer: '/query/cursor', detail: 'is not a cursor of this order' }],
  })
}
