import type { Prisma, Tx } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { recordAudit } from '../audit/service.ts'

/** What somebody did to the catalog. `caller` is undefined where a program of the operator does it at the machine. */
export type Actor = Caller | undefined

type Entry = {
  /** `service.publish` */
  action: `${'category' | 'service' | 'plan' | 'revision'}.${string}`
  targetId: string
  before?: Prisma.InputJsonObject
  after?: Prisma.InputJsonObject
}

/** Writes the audit entry of a change, in its transaction. */
export const trail = (tx: Tx, actor: Actor, { action, ...entry }: Entry): Promise<void> =>
  recordAudit(tx, {
    ...(actor && { actorId: actor.userId, origin: actor }),
    action: `catalog.${action}`,
    targetType: action.slice(0, action.indexOf('.')),
    ...entry,
  })
