import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openApiUnopened } from './write-openapi.ts'

test('the committed openapi.json is what the routes say (npm run generate:api writes it)', async () => {
  const committed: unknown = JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'))
  expect(JSON.parse(JSON.stringify(openApiUnopened()))).toEqual(committed)
})
