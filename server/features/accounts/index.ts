import type { Feature, Platform } from '../feature.ts'
import type { AuthService, Sessions } from '../auth/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { createDeactivation } from './deactivation.ts'
import { createDataExport } from './export.ts'
import { leavingRoutes } from './routes-leaving.ts'
import { accountRoutes } from './routes.ts'
import type { Accounts } from './service.ts'

type Dependencies = Pick<Platform, 'database' | 'clock'> & {
  accounts: Accounts
  auth: Pick<AuthService, 'reauthenticate' | 'oneTimeTokens'>
  sessions: Pick<Sessions, 'endAll'>
  notifications: Pick<Notifications, 'send'>
}

/** Profiles, and leaving. */
export function accountsFeature(dependencies: Dependencies) {
  const { accounts, auth } = dependencies
  const { oneTimeTokens, reauthenticate } = auth
  const deactivation = createDeactivation({ ...dependencies, oneTimeTokens })
  const dataExport = createDataExport(dependencies)
  return {
    name: 'accounts',
    routes: [...accountRoutes(accounts), ...leavingRoutes({ deactivation, dataExport, reauthenticate })],
  } satisfies Feature
}
