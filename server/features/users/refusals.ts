import { conflict, notFound, type Failure } from '../../lib/errors.ts'
import { encodeId } from '../../lib/ids.ts'

/** What administrators are told where a change of a user is not possible. */

export const noSuchUser = (): Failure => notFound('USER_NOT_FOUND', 'There is no such user.')

export const userDeleted = (): Failure =>
  conflict('USER_DELETED', 'This user was deleted: nothing is left of them that could be changed.')

export const emailTaken = (): Failure =>
  conflict('EMAIL_TAKEN', 'There is a user with this e-mail address already.', {
    fields: [{ pointer: '/email', detail: 'is taken' }],
  })

export const lastAdministrator = (): Failure =>
  conflict(
    'LAST_ADMINISTRATOR',
    'This is the last administrator who can sign in: make another one first, then repeat this.',
  )

export const ownAccount = (): Failure =>
  conflict('OWN_ACCOUNT', 'This is your own account, and a change of many must not lock you out: leave it out.')

export const ownAddress = (): Failure =>
  conflict('OWN_ADDRESS', 'Your own address is changed where your password is asked for: POST /api/v1/me/change-email.')

export const invitationAccepted = (): Failure =>
  conflict('INVITATION_ACCEPTED', 'This user has a password already: they log in, or reset it.')

export const userDeactivated = (): Failure =>
  conflict('USER_DEACTIVATED', 'This user is deactivated: activate them first.')

export const hasSubscriptions = (count: number, first: readonly { id: string; name: string }[]): Failure => {
  const names = first.map(({ name }) => `"${name}"`).join(', ')
  const more = count > first.length ? ` and ${count - first.length} more` : ''
  return conflict(
    'USER_HAS_SUBSCRIPTIONS',
    `The user owns ${count} living ${count === 1 ? 'subscription' : 'subscriptions'} (${names}${more}): end them first, data and all.`,
    { extensions: { count, subscriptions: first.map(({ id, name }) => ({ id: encodeId('subscription', id), name })) } },
  )
}
