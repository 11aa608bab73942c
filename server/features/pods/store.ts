import type { Pod } from '../../db/generated/client.ts'
import type { Db } from '../../db/database.ts'

export const listPods = (db: Db, subscriptionId: string): Promise<Pod[]> =>
  db.pod.findMany({ where: { subscriptionId }, orderBy: { name: 'asc' } })
