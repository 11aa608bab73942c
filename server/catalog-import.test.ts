import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from './lib/ids.ts'
import { testDatabase, type TestDatabase } from './test/database.ts'
import { makeCluster } from './test/factories.ts'

let own: TestDatabase
let folder: string
beforeAll(async () => {
  own = await testDatabase()
  folder = mkdtempSync(join(tmpdir(), 'berth-import-'))
  mkdirSync(join(folder, 'below'))
  writeFileSync(join(folder, 'good.yaml'), '# category: pages\nservices:\n  web:\n    image: traefik/whoami:v1.10\n')
  writeFileSync(join(folder, 'below', 'bad.yml'), 'services:\n  web:\n    image: x:1\n    privileged: true\n')
  writeFileSync(join(folder, 'long.yaml'), 'x'.repeat(900_001))
  writeFileSync(join(folder, 'README.md'), 'no template')
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await own.drop()
})

const program = fileURLToPath(new URL('catalog-import.ts', import.meta.url))
/** As npm runs it. */
const run = (...words: string[]) =>
  new Promise<{ code: unknown; out: string }>((resolve) => {
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: own.url,
      BERTH_ENCRYPTION_KEYS: `k:${Buffer.alloc(32, 1).toString('base64')}`,
    }
    execFile(process.execPath, [program, ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, out: stdout + stderr }),
    )
  })

test('an installation that never started is told so, and nothing is written into it', async () => {
  expect(await run(folder)).toMatchObject({ code: 1, out: expect.stringContaining('start the server once') as unknown })
})

test('a folder comes in with a line for each file, and no bad file keeps the others out', async () => {
  const { id: clusterId } = await makeCluster(own.database.prisma)
  await own.database.prisma.worker.create({ data: { id: newId(), clusterId, name: 'node' } })
  const dry = await run(folder, '--dry-run')
  expect(dry.out.split('\n').slice(0, 3)).toEqual([
    'refused   below/bad.yml  PRIVILEGED /services/web/privileged line 4',
    expect.stringMatching(/^created {3}good.yaml/),
    'refused   long.yaml  it is longer than 900000 characters',
  ])
  expect(await own.database.prisma.service.count()).toBe(0)
  const real = await run(folder)
  expect(real).toMatchObject({
    code: 0,
    out: expect.stringContaining('files=3 created=1 revised=0 unchanged=0 skipped=0 refused=2') as unknown,
  })
  expect(await own.database.prisma.service.findMany({ select: { slug: true, status: true } })).toEqual([
    { slug: 'good', status: 'DRAFT' },
  ])
})

test('a folder that is not there, or not named, is said in words', async () => {
  expect(await run(join(folder, 'absent'))).toMatchObject({
    code: 1,
    out: expect.stringContaining('absent') as unknown,
  })
  expect(await run()).toMatchObject({ code: 2, out: expect.stringContaining('npm run catalog:import') as unknown })
})
