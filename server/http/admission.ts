import { forbidden, unauthenticated } from '../lib/errors.ts'
import type { Caller, Route } from './route.ts'
import { isAdminScope, type Scope } from './scopes.ts'

/** Who may use which route: the role of the caller, and what an access token was made for. */

export type Guarded = Pick<Route, 'permission' | 'scope' | 'method' | 'withoutSecondFactor'>

/**
 * The caller as this route may know them. Throws 401 for nobody, 403 for the wrong role and for an access token that
 * was not made for it.
 */
export function admit(route: Guarded, caller: Caller | undefined): Caller | undefined {
  if (!caller && route.permission === 'public') return undefined
  if (!caller) throw unauthenticated('UNAUTHENTICATED', 'Log in first: this needs an access token.')
  if (route.permission === 'administrator' && caller.role !== 'ADMINISTRATOR')
    throw forbidden('ADMINISTRATORS_ONLY', 'Only administrators may do this.')
  if (caller.lacksSecondFactor && !route.withoutSecondFactor)
    throw forbidden(
      'TWO_FACTOR_REQUIRED',
      'Administrators need a second factor here: set it up at /me/two-factor first.',
    )
  assertScope(route, caller)
  return { ...caller, role: roleFor(route, caller) }
}

/** Whether a caller that this route admitted would be admitted as the same again, being now who `present` says. */
export function stillAdmitted(route: Guarded, admitted: Caller, present: Caller): boolean {
  try {
    const again = admit(route, present)
    return again?.role === admitted.role && isSameSet(again.organizationIds, admitted.organizationIds)
  } catch {
    return false
  }
}

const isSameSet = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((one) => others.includes(one))

function assertScope({ scope }: Guarded, { credential }: Caller): void {
  if (credential.kind === 'session') return
  if (scope === undefined)
    throw forbidden('INSUFFICIENT_SCOPE', 'No access token may do this: it needs a sign-in.', {
      extensions: { scope: null },
    })
  if (!credential.scopes.includes(scope))
    throw forbidden('INSUFFICIENT_SCOPE', `This access token was not made for this: it needs the scope ${scope}.`, {
      extensions: { scope },
    })
}

/** A token sees and does what is everybody's only with an admin scope of its own; without, it is a customer's. */
function roleFor(route: Guarded, { role, credential }: Caller): Caller['role'] {
  if (credential.kind === 'session' || role === 'USER') return role
  return credential.scopes.includes(adminScopeOf(route)) ? role : 'USER'
}

function adminScopeOf({ scope, method }: Guarded): Scope {
  if (scope !== undefined && isAdminScope(scope)) return scope
  return method === 'get' ? 'admin:read' : 'admin:write'
}

/** The sign-in of a caller: for routes without a scope, which no access token reaches. */
export function sessionOf({ credential }: Caller): string {
  if (credential.kind === 'session') return credential.sessionId
  throw new Error('an access token was let into a route that needs a sign-in')
}
