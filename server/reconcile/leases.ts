import type { Database } from '../db/database.ts'

/**
 * Who works on a key, between processes. A lease is a row: its epoch rises with each new holder, so that a write made
 * under an old one can be refused (fencing). Time is the database's, so that the clocks of processes do not matter.
 */
export type Lease = { key: string; holder: string; epoch: bigint }

/** Takes or prolongs the lease. Undefined where somebody else holds it. */
export async function acquireLease(
  database: Database,
  key: string,
  holder: string,
  milliseconds: number,
): Promise<Lease | undefined> {
  const [row] = await database.query<{ epoch: string }>(
    `INSERT INTO leases AS held (key, holder, epoch, expires_at)
     VALUES ($1, $2, 1, now() + $3 * interval '1 millisecond')
     ON CONFLICT (key) DO UPDATE
       SET holder = $2,
           epoch = held.epoch + (held.holder <> $2)::int,
           expires_at = now() + $3 * interval '1 millisecond'
       WHERE held.holder = $2 OR held.expires_at < now()
     RETURNING epoch`,
    [key, holder, milliseconds],
  )
  return row && { key, holder, epoch: BigInt(row.epoch) }
}

/** Lets another process have it at once. The row stays, so that its epoch never goes back. */
export async function releaseLease(database: Database, lease: Lease): Promise<void> {
  await database.query(`UPDATE leases SET expires_at = now() WHERE key = $1 AND holder = $2 AND epoch = $3`, [
    lease.key,
    lease.holder,
    lease.epoch.toString(),
  ])
}

/** Everything this process holds: the last act of a clean stop. */
export async function releaseAllLeases(database: Database, holder: string): Promise<void> {
  await database.query(`UPDATE leases SET expires_at = now() WHERE holder = $1 AND expires_at > now()`, [holder])
}
