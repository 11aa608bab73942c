import type { Database } from '../../db/database.ts'
import { conflict } from '../../lib/errors.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import { connectionOf } from '../../workload/manifests/index.ts'
import type { CatalogService } from '../catalog/service.ts'
import { loadDesired } from './desired.ts'
import type { SubscriptionWithParts } from './store.ts'
import { manifestInput } from './wanted.ts'

type Dependencies = { catalog: CatalogService; secretBox: SecretBox }

/** What a customer needs to connect, opened for this one answer. Throws `conflict` where it has been destroyed. */
export async function readCredentials(
  { catalog, secretBox }: Dependencies,
  database: Database,
  row: SubscriptionWithParts,
) {
  const desired = await loadDesired(database, row.id)
  if (!desired || desired.entitlement === 'TERMINATED') {
    throw conflict('SUBSCRIPTION_ENDED', 'The subscription has ended: its credentials were destroyed with its data.', {
      extensions: { state: row.entitlement },
    })
  }
  const spec = await catalog.specOf(desired.revisionId)
  const input = manifestInput(desired, spec, secretBox, '')
  return { connection: connectionOf(input), endpoints: row.endpoints }
}
