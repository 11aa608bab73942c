import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import type { TestApi } from '../auth/testing.ts'

let own: TestDatabase
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  api = await serveAllFeatures(own.database)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

/** The first bytes that a stream sends to who resumes after this id. */
async function firstWords(lastEventId: string): Promise<string> {
  const { accessToken } = await api.signIn()
  const response = await fetch(`${api.url}/api/v1/events`, {
    headers: { Authorization: `Bearer ${accessToken}`, 'Last-Event-ID': lastEventId },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!/event: \w+/.test(text)) {
    const read = await reader?.read()
    if (!read || read.done) break
    text += read.value
  }
  await reader?.cancel()
  return text
}

test.each([
  ['no id of ours', 'x'],
  ['a transaction beyond what PostgreSQL counts', '99999999999999999999-01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10'],
  ['one beyond the last', '18446744073709551616-ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['the last that there could be', '18446744073709551615-ffffffff-ffff-ffff-ffff-ffffffffffff'],
])('a reader that resumes after %s is told to read everything again, and stays connected', async (_what, id) => {
  expect(await firstWords(id)).toContain('event: reset')
})
