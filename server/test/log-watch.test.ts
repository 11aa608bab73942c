import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { assertNoSecretLogged, openLogWatch } from './log-watch.ts'

const secret = 'correct horse battery staple'

function watched(line: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'berth-log-watch-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  openLogWatch(folder)
  appendFileSync(join(folder, 'secrets', '1'), `${JSON.stringify(secret)}\n`)
  appendFileSync(join(folder, 'logs', '2'), `{"msg":"request"}\n${line}\n`)
  return folder
}

test('a logged secret is found, in whatever field it stands, and not repeated', () => {
  const folder = watched(`{"msg":"tried ${secret}"}`)
  expect(() => assertNoSecretLogged(folder)).toThrow('tried ‹the secret›')
})

test('a log without secrets passes', () => {
  expect(() => assertNoSecretLogged(watched('{"msg":"tried the right one"}'))).not.toThrow()
})
