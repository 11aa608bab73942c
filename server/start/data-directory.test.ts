import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDataDirectory } from './data-directory.ts'
import { keysBeside } from './encryption-keys.ts'

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'berth-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}

/** Another process that takes the directory, and keeps it until it is killed. */
async function holder(path: string) {
  const program = `
    import { openDataDirectory } from '${new URL('./data-directory.ts', import.meta.url).href}'
    try { openDataDirectory(process.argv[1]); console.log('taken'); setInterval(() => {}, 1000) }
    catch (error) { console.log(error.message) }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim() }
}

test('two servers never run on one data directory, and the refusal says which process has it', async () => {
  const path = newPath()
  const first = await holder(path)
  expect(first.said).toBe('taken')
  expect(() => openDataDirectory(path)).toThrow(`Another Berth (process ${first.child.pid}) runs on the data directory`)
})

test('the directory of a server that was killed is taken over', async () => {
  const path = newPath()
  const { child } = await holder(path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  openDataDirectory(path).release()
  openDataDirectory(path).release()
})

test.runIf(process.platform === 'linux')('a lock whose number a later process has by chance holds nobody up', () => {
  const path = newPath()
  openDataDirectory(path).release()
  writeFileSync(join(path, 'server.lock'), '1 12345678901234')
  openDataDirectory(path).release()
})

test('folders above it that are absent are made too, and one that is there is taken as it is', () => {
  const path = join(newPath(), 'of', 'berth')
  openDataDirectory(path).release()
  openDataDirectory(path).release()
})

test('a file in its place, or above it, is told in one sentence', () => {
  const path = newPath()
  writeFileSync(path, '')
  expect(() => openDataDirectory(path)).toThrow(`The data directory ${path} cannot be made (EEXIST`)
  expect(() => openDataDirectory(join(path, 'data'))).toThrow(/cannot be made \(ENOTDIR.*name another one/)
})

test('keys are made once, for their owner alone, and stay what they are', () => {
  const path = newPath()
  openDataDirectory(path)
  const made = keysBeside(path)
  expect(made).toEqual([{ id: 'k1', key: expect.any(Buffer) as Buffer }])
  expect(keysBeside(path)).toEqual(made)
  expect(statSync(join(path, 'encryption-keys')).mode & 0o777).toBe(0o600)
  writeFileSync(join(path, 'encryption-keys'), 'k1:short')
  expect(() => keysBeside(path)).toThrow('is damaged')
  expect(readFileSync(join(path, 'encryption-keys'), 'utf8')).toBe('k1:short')
})
