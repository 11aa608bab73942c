import { v7 as uuidv7, validate } from 'uuid'

/**
 * Ids are UUIDv7 (RFC 9562) in the database, made here because PostgreSQL 15 cannot, and prefixed in the API so that a
 * pasted id says what it is. The namespace of a subscription uses the plain UUID.
 */
export const idPrefixes = {
  user: 'usr',
  organization: 'org',
  session: 'ses',
  accessToken: 'pat',
  category: 'cat',
  service: 'svc',
  revision: 'rev',
  plan: 'pln',
  planVersion: 'plv',
  cluster: 'cls',
  worker: 'wrk',
  subscription: 'sub',
  endpoint: 'end',
  volume: 'vol',
  operation: 'opr',
  pod: 'pod',
  event: 'evt',
  notification: 'ntf',
  audit: 'aud',
} as const
export type IdKind = keyof typeof idPrefixes

/** A new UUIDv7: sorts by the time it was made. */
export const newId = (): string => uuidv7()

/** `encodeId('subscription', '0190…')` → `sub_0190…` */
export const encodeId = (kind: IdKind, id: string): string => `${idPrefixes[kind]}_${id}`

/** Whether the text is a prefixed id of that kind. */
export const isEncodedId = (kind: IdKind, text: string): boolean => {
  const prefix = `${idPrefixes[kind]}_`
  return text.startsWith(prefix) && validate(text.slice(prefix.length))
}
