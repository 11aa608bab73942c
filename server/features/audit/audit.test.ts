import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId, newId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { eventually } from '../../test/eventually.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import type { SignedIn, TestApi } from '../auth/testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let administrator: SignedIn
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  administrator = await api.signIn('ADMINISTRATOR')
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

type Entry = Record<string, unknown> & { id: string; action: string }
type Page = { data: Entry[]; page: { nextCursor: string | null } }
const read = async (path: string, query: Record<string, string> = {}, person = administrator): Promise<Page> => {
  const { status, body } = await api.send('GET', `/api/v1${path}?${new URLSearchParams(query).toString()}`, {
    token: person.accessToken,
  })
  expect([status, body]).toMatchObject([200, {}])
  return body as Page
}
const search = (query: Record<string, string>) => read('/audit', query).then(({ data }) => data)
const change = (person: SignedIn, body: object, headers: Record<string, string> = {}) =>
  api.send('PATCH', '/api/v1/me', { token: person.accessToken, body, headers })
const deactivate = (person: SignedIn) =>
  api.send('POST', `/api/v1/users/${encodeId('user', person.userId)}/deactivate`, { token: administrator.accessToken })

/** So many rows of an action that nothing else writes. */
const insertEvents = (action: string, count: number) =>
  database.query(
    `INSERT INTO audit_events (id, action, target_type, user_agent, result, created_at)
     SELECT gen_random_uuid(), $1, 'test', '=cmd', 'SUCCEEDED', now() - (i / 3) * interval '1 second'
     FROM generate_series(1, $2::int) i`,
    [action, count],
  )

test('what somebody did is found by who, what, on which, by which request, with what result, and when', async () => {
  const person = await api.signIn()
  const { subscriptionId } = await insertSubscription(database, person)
  const requestId = `request-${newId()}`
  await api.send('POST', `/api/v1/subscriptions/${encodeId('subscription', subscriptionId)}/cancel`, {
    token: person.accessToken,
    headers: { 'X-Request-Id': requestId, 'User-Agent': 'a browser' },
  })
  const [entry] = await search({ request: requestId })
  expect(entry).toMatchObject({
    actorId: encodeId('user', person.userId),
    actorName: 'Ada Example',
    organizationId: encodeId('organization', person.organizationId),
    action: 'subscription.cancel',
    targetId: encodeId('subscription', subscriptionId),
    before: { entitlement: 'ACTIVE' },
    after: { entitlement: 'CANCELED' },
    ipAddress: '127.0.0.1',
    userAgent: 'a browser',
    result: 'SUCCEEDED',
  })
  const at = String(entry?.['createdAt'])
  const finding = [
    { actor: encodeId('user', person.userId), action: 'subscription.' },
    { organization: encodeId('organization', person.organizationId), action: 'subscription.' },
    { target: encodeId('subscription', subscriptionId) },
    { target: subscriptionId, targetType: 'subscription', result: 'SUCCEEDED' },
    { q: 'ANCEL', actor: encodeId('user', person.userId) },
    { from: at, to: new Date(Date.parse(at) + 1).toISOString(), action: 'subscription.cancel' },
  ]
  for (const query of finding) expect((await search(query)).map(({ id }) => id)).toEqual([entry?.id])
  const missing = [
    { actor: encodeId('user', newId()) },
    { target: encodeId('subscription', subscriptionId), result: 'REFUSED' },
    { target: encodeId('subscription', subscriptionId), action: 'cancel' },
    { target: encodeId('subscription', subscriptionId), q: 'nothing' },
    { target: encodeId('subscription', subscriptionId), to: at },
  ]
  for (const query of missing) expect(await search(query)).toEqual([])
  expect(await api.send('GET', `/api/v1/audit/${entry?.id}`, { token: administrator.accessToken })).toMatchObject({
    status: 200,
    body: entry,
  })
})

test('following the pages shows every entry once, however many share a moment', async () => {
  await insertEvents('paging.test', 95)
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const { data, page }: Page = await read('/audit', { action: 'paging.', limit: '10', ...(cursor && { cursor }) })
    ids.push(...data.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor)
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM audit_events WHERE action = 'paging.test' ORDER BY created_at DESC, id DESC`,
  )
  expect(ids).toEqual(rows.map(({ id }) => encodeId('audit', id)))
})

test('names are in the trail while somebody has an account, and gone with it', async () => {
  const person = await api.signIn()
  await change(person, { name: 'Ottilie Quax', timeZone: 'Europe/Vienna' })
  const query = { target: encodeId('user', person.userId), action: 'account.update' }
  expect(await search(query)).toMatchObject([
    { before: { name: 'Ada Example', timeZone: 'UTC' }, after: { name: 'Ottilie Quax', timeZone: 'Europe/Vienna' } },
  ])
  await api.send('DELETE', `/api/v1/users/${encodeId('user', person.userId)}`, { token: administrator.accessToken })
  const [entry] = await search(query)
  expect(entry).toMatchObject({ actorName: 'Deleted user', before: { timeZone: 'UTC' } })
  expect(JSON.stringify(entry)).not.toMatch(/Ottilie|Ada/)
})

test('everybody reads what is their own, nothing of others, and no address of an administrator', async () => {
  const [person, other] = [await api.signIn(), await api.signIn()]
  await change(person, { name: 'Mine' }, { 'User-Agent': 'my browser' })
  await change(other, { name: 'Not mine' })
  await api.send('PATCH', `/api/v1/users/${encodeId('user', person.userId)}`, {
    token: administrator.accessToken,
    body: { company: 'Given by an administrator' },
  })
  const { subscriptionId } = await insertSubscription(database, person)
  await api.send('POST', `/api/v1/subscriptions/${encodeId('subscription', subscriptionId)}/cancel`, {
    token: administrator.accessToken,
  })
  const { data } = await read('/me/audit', {}, person)
  expect(data.map(({ action, actor, ipAddress, userAgent }) => [action, actor, ipAddress, userAgent])).toEqual([
    ['subscription.cancel', 'ANOTHER', null, null],
    ['user.update', 'ANOTHER', null, null],
    ['account.update', 'YOU', '127.0.0.1', 'my browser'],
    ['auth.login', 'YOU', '127.0.0.1', null],
  ])
  expect(data[1]?.['after']).toMatchObject({ company: 'Given by an administrator' })
  const text = JSON.stringify(data)
  expect(text).not.toMatch(/Not mine|actorId|actorName/)
  expect((await read('/me/audit', { action: 'account.' }, person)).data).toHaveLength(1)
})

test('an export is what the search finds, whole, in a form that runs nothing', { timeout: 60_000 }, async () => {
  await insertEvents('export.test', 2_500)
  const get = (query: string) =>
    api.send('GET', `/api/v1/audit/export?action=export.&${query}`, { token: administrator.accessToken })
  const ndjson = await get('format=ndjson')
  expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson')
  const lines = ndjson.text.trim().split('\n')
  expect(lines).toHaveLength(2_500)
  const [first] = await search({ action: 'export.', limit: '1' })
  expect(JSON.parse(lines[0] ?? '')).toEqual(first)
  expect(new Set(lines.map((line) => (JSON.parse(line) as Entry).id)).size).toBe(2_500)
  const csv = await get('format=csv')
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"')
  const [header, row] = csv.text.split('\r\n')
  expect(header).toBe(
    'id,createdAt,actorId,actorName,organizationId,action,targetType,targetId,result,ipAddress,userAgent,requestId,before,after',
  )
  expect(row).toContain(`,export.test,test,,SUCCEEDED,,'=cmd,`)
  expect(await search({ action: 'audit.export', limit: '1' })).toMatchObject([
    { actorId: encodeId('user', administrator.userId), after: { entries: 2_500 } },
  ])
})

test('more than one file holds is refused before the first line', { timeout: 120_000 }, async () => {
  await insertEvents('huge.test', 100_001)
  const answer = await api.send('GET', '/api/v1/audit/export?action=huge.', { token: administrator.accessToken })
  expect(answer).toMatchObject({ status: 422, body: { code: 'EXPORT_TOO_LARGE' } })
})

test('who tries what their role does not allow is in the trail, and cannot flood it', async () => {
  const person = await api.signIn()
  const attempt = (token: string) => api.send('GET', '/api/v1/users', { token, headers: { 'User-Agent': 'probe' } })
  for (let time = 0; time < 20; time++) expect((await attempt(person.accessToken)).status).toBe(403)
  const rows = () => search({ actor: encodeId('user', person.userId), action: 'access.' })
  const [only] = await eventually(async () => {
    const found = await rows()
    expect(found).toHaveLength(1)
    return found
  })
  expect(only).toMatchObject({
    result: 'REFUSED',
    userAgent: 'probe',
    after: { route: 'get /api/v1/users', code: 'ADMINISTRATORS_ONLY' },
  })
  await database.prisma.user.update({ where: { id: person.userId }, data: { role: 'ADMINISTRATOR' } })
  const weak = await api.personalToken(person, ['account:read'])
  expect((await attempt(weak)).status).toBe(403)
  await eventually(async () => expect(await rows()).toHaveLength(2))
})

test('what was done is in the trail exactly when it was done', async () => {
  const person = await api.signIn()
  await database.query(
    `CREATE FUNCTION fail_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$`,
  )
  await database.query(
    `CREATE TRIGGER fail BEFORE INSERT ON audit_events FOR EACH ROW WHEN (NEW.action = 'user.deactivate') EXECUTE FUNCTION fail_audit()`,
  )
  expect((await deactivate(person)).status).toBe(500)
  expect(await database.prisma.user.findUnique({ where: { id: person.userId } })).toMatchObject({ status: 'ACTIVE' })
  await database.query('DROP TRIGGER fail ON audit_events')
  expect((await deactivate(person)).status).toBe(200)
})
