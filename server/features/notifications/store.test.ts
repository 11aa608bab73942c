import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { listNotifications } from './store.ts'

let clone: TestDatabase
beforeAll(async () => {
  clone = await testDatabase()
})
afterAll(() => clone.drop())

test('page 1 and page 1,000 of many mails read an index, not the table', async () => {
  await clone.database.query(`
    INSERT INTO notifications (id, kind, recipient, state, sent_at, created_at)
    SELECT gen_random_uuid(), 'welcome', n || '@example.org', 'SENT', now(), now() - n * interval '1 second'
    FROM generate_series(1, 30000) n`)
  await clone.database.query('ANALYZE notifications')
  const after = { createdAt: new Date(Date.now() - 25_000_000), id: '01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10' }
  expect(await listNotifications(clone.database.prisma, {}, { limit: 25, after })).toHaveLength(26)
  for (const condition of [`state = 'FAILED'`, `kind = 'invitation'`, `recipient LIKE '29999@%'`, 'true']) {
    const plan = await clone.database.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id FROM notifications WHERE ${condition} ORDER BY created_at DESC, id DESC LIMIT 26`,
    )
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).not.toContain('Seq Scan')
  }
})
