import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openJournal } from './journal.ts'
import { createStore, type Store } from './store.ts'
import { type KubeObject } from './types.ts'

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-journal-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const configMap = (name: string, value = ''): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'x', uid: `uid-${name}`, resourceVersion: '', creationTimestamp: '' },
  data: { value },
})

const fail = (error: unknown): void => expect.unreachable(String(error))

async function reopened(folder: string): Promise<Store> {
  const store = createStore()
  const journal = await openJournal(folder, store, fail)
  await journal.close()
  return store
}

test('a restart finds the same objects and uids, at a higher version', async () => {
  const folder = newFolder()
  const store = createStore()
  const journal = await openJournal(folder, store, fail)
  store.put('configmaps', configMap('a', '1'))
  store.put('configmaps', configMap('a', '2'))
  store.put('configmaps', configMap('b'))
  store.remove('configmaps', 'x', 'b')
  await journal.flush()
  const again = await reopened(folder)
  expect(again.list('configmaps')).toEqual(store.list('configmaps'))
  expect(again.resourceVersion()).toBeGreaterThan(store.resourceVersion())
  expect(again.since('configmaps', store.resourceVersion())).toBeUndefined()
  await journal.close()
})

test('a last line torn by kill -9 costs that line alone, and later lines are read', async () => {
  const folder = newFolder()
  const store = createStore()
  const journal = await openJournal(folder, store, fail)
  store.put('configmaps', configMap('a'))
  await journal.close()
  const [name = ''] = readdirSync(folder)
  appendFileSync(join(folder, name), '{"resource":"configmaps","object":{"meta')
  const second = createStore()
  const next = await openJournal(folder, second, fail)
  expect(second.list('configmaps')).toHaveLength(1)
  second.put('configmaps', configMap('c'))
  await next.close()
  expect((await reopened(folder)).list('configmaps').map((each) => each.metadata.name)).toEqual(['a', 'c'])
})

test('compaction keeps what there is and drops what was', async () => {
  const folder = newFolder()
  const store = createStore()
  const journal = await openJournal(folder, store, fail)
  for (let index = 0; index < 30_000; index++) {
    store.put('configmaps', configMap(`n${index % 10}`, String(index)))
    if (index % 1_000 === 0) await journal.flush()
  }
  await journal.close()
  expect(readdirSync(folder).sort()).toEqual(['journal-1.jsonl', 'snapshot-1.jsonl'])
  expect((await reopened(folder)).list('configmaps')).toEqual(store.list('configmaps'))
})
