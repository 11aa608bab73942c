import type { Feature } from '../feature.ts'
import { accountRoutes } from './routes.ts'
import type { Accounts } from './service.ts'

/** Profiles and organizations. */
export const accountsFeature = (accounts: Accounts) =>
  ({ name: 'accounts', routes: accountRoutes(accounts) }) satisfies Feature
