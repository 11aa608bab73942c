import { readFileSync } from 'node:fs'
import { format } from 'prettier'
import { expect, test } from 'vitest'
import { settingsPage } from './settings-page.ts'

test('docs/settings.md lists exactly the settings that the server reads (else: npm run generate:settings)', async () => {
  const page = await format(settingsPage(), { parser: 'markdown' })
  expect(readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8')).toBe(page)
})
