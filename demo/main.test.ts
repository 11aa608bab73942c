import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test.each(['localhost:3000', 'nonsense', 'ftp://berth.example.com'])(
  'an address that leads nowhere, %s, ends the demonstration with a sentence and no stack',
  (address) => {
    const env = { ...process.env, BERTH_URL: address }
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts')], { env })
    expect([status, String(stdout)]).toEqual([2, ''])
    expect(String(stderr)).toBe(`BERTH_URL is "${address}", but must be an address such as http://localhost:3000.\n`)
  },
)
