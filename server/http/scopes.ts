/**
 * What a personal access token may be made for. A route names the one scope that it needs; a route that names none is
 * reachable by a sign-in alone, so that forgetting it opens nothing to tokens.
 */

const userScopes = {
  'account:read': 'Read the profile',
  'account:write': 'Change the profile',
  'organizations:read': 'Read the organizations, their billing details, limits and use',
  'organizations:write': 'Change billing details of organizations',
  'catalog:read': "Read the catalog with the organization's own services",
  'subscriptions:read': 'Read subscriptions, their pods and operations',
  'subscriptions:write': 'Order, change, cancel and reactivate subscriptions',
  'subscriptions:purge': 'Destroy the data of canceled subscriptions before their retention is over',
  'credentials:read': 'Read the passwords and connection strings of subscriptions',
  'events:read': 'Follow what happens',
} as const

/** What only administrators can give a token. Without them, an administrator's token is a customer's. */
const adminScopes = {
  'admin:read': "Read everything, everybody's",
  'admin:write': "Change everything, everybody's",
} as const

export type UserScope = keyof typeof userScopes
export type AdminScope = keyof typeof adminScopes
export type Scope = UserScope | AdminScope

export const scopes: Readonly<Record<Scope, string>> = { ...userScopes, ...adminScopes }
export const scopeNames = Object.keys(scopes) as readonly Scope[]

export const isScope = (text: string): text is Scope => Object.hasOwn(scopes, text)
export const isAdminScope = (scope: Scope): scope is AdminScope => Object.hasOwn(adminScopes, scope)
