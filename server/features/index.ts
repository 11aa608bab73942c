import { randomUUID } from 'node:crypto'
import type { Authentication } from '../http/authentication.ts'
import type { Refusal } from '../http/dispatch.ts'
import { createIdempotency, type Idempotency } from '../http/idempotency.ts'
import { createTokenAuthentication } from './access-tokens/authentication.ts'
import { accessTokensFeature } from './access-tokens/index.ts'
import { createAccessTokens } from './access-tokens/service.ts'
import { accountPagesFeature } from './account-pages/index.ts'
import { accountsFeature } from './accounts/index.ts'
import { createAccounts } from './accounts/service.ts'
import { createAuditFeature } from './audit/index.ts'
import { createAuthFeature } from './auth/index.ts'
import { catalogFeature } from './catalog/index.ts'
import { createCatalogService } from './catalog/service.ts'
import { createClusterService } from './clusters/service.ts'
import { createEventHub } from './events/hub.ts'
import { eventsFeature } from './events/index.ts'
import { createEventService } from './events/service.ts'
import type { Feature, Platform } from './feature.ts'
import { notificationsFeature } from './notifications/index.ts'
import { createNotifications } from './notifications/service.ts'
import { operationsFeature } from './operations/index.ts'
import { createOperationService } from './operations/service.ts'
import { organizationsFeature } from './organizations/index.ts'
import { createOrganizations } from './organizations/service.ts'
import { podsFeature } from './pods/index.ts'
import { createPodService } from './pods/service.ts'
import { createSubscriptions } from './subscriptions/index.ts'
import { usersFeature } from './users/index.ts'
import { createWorkerService } from './workers/service.ts'

export type Features = {
  features: readonly Feature[]
  authentication: Authentication
  idempotency: Idempotency
  onRefusal: (refusal: Refusal) => void
}

/**
 * THE list of what Berth does, and how its parts are handed to each other. Opens and starts nothing: also the OpenAPI
 * document is written from it.
 */
export function createFeatures(platform: Platform): Features {
  const { database, log, clusters: connections } = platform
  /** Names this process in leases: another one with the same name would be taken for it. */
  const holder = randomUUID()
  const idempotency = createIdempotency(platform)
  const audit = createAuditFeature(platform)
  const accounts = createAccounts(platform)
  const notifications = createNotifications(platform)
  const accessTokens = createAccessTokens({ ...platform, notifications })
  const tokens = createTokenAuthentication(platform)
  const { failures: counters } = platform.rateLimits
  const auth = createAuthFeature({
    ...platform,
    accounts,
    accessTokens: tokens,
    notifications,
    idempotency,
    counters,
  })
  const catalog = createCatalogService({ database })
  const workers = createWorkerService({ database })
  const operations = createOperationService({ database })
  const clusters = createClusterService({ database, clusters: connections, workers, holder, log })
  const organizations = createOrganizations(platform)
  const sold = { clusters, catalog, workers, operations, organizations }
  const subscriptions = createSubscriptions({ ...platform, ...sold, holder })
  const pods = createPodService({ database, subscriptions: subscriptions.service })
  const hub = createEventHub({ database, log })
  const events = createEventService({ database, hub })
  return {
    features: [
      auth.feature,
      accountPagesFeature,
      accountsFeature({ ...platform, accounts, auth: auth.auth, sessions: auth.sessions, notifications }),
      organizationsFeature(organizations),
      notificationsFeature(platform),
      usersFeature({ ...platform, accounts, notifications, verification: auth.auth.verification }),
      accessTokensFeature(accessTokens),
      audit.feature,
      catalogFeature({ ...platform, workers, catalog }),
      { name: 'clusters', reconcilers: [clusters.reconciler] },
      subscriptions.feature,
      operationsFeature(operations),
      podsFeature(pods),
      eventsFeature(events, hub, database),
    ],
    authentication: auth.authentication,
    idempotency,
    onRefusal: audit.refusals,
  }
}
