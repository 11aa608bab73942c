import type { Prisma } from '../../db/generated/client.ts'
import type { Tx } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import type { Told } from './events.ts'

/** Writes an event in the transaction of what it tells of. */
export async function writeEvent(
  tx: Tx,
  owner: { organizationId: string; clusterId: string; subscriptionId: string },
  { type, data }: Told,
): Promise<void> {
  await tx.event.create({ data: { id: newId(), ...owner, type, data: data as Prisma.InputJsonValue } })
}
