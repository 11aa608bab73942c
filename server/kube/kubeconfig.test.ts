import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createLog } from '../lib/log.ts'
import { createKubeClient } from './client.ts'
import { openSource } from './connection.ts'

const folder = mkdtempSync(join(tmpdir(), 'berth-kubeconfig-'))
afterAll(() => rmSync(folder, { recursive: true }))

const kubeconfig = (user: object, cluster: object = { server: 'https://cluster.example.com:6443' }) =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'it', user: 'me' } }],
    clusters: [{ name: 'it', cluster }],
    users: [{ name: 'me', user }],
  })
const connect = (kubeconfigText: string) => openSource({ kubeconfigText })()

test.each([
  ['no file', { kubeconfigFile: join(folder, 'absent') }, /^The kubeconfig .*absent cannot be used: ENOENT/],
  ['not YAML', { kubeconfigText: '{' }, /cannot be used: it is not YAML/],
  ['something else', { kubeconfigText: 'root:x:0:0' }, /cannot be used: it is not a kubeconfig/],
  [
    'a server that is no address',
    { kubeconfigText: kubeconfig({}, { server: 'here' }) },
    /clusters\.0\.cluster\.server/,
  ],
  [
    'a context that is not there',
    { kubeconfigText: kubeconfig({}).replace('current-context: here', 'current-context: there') },
    /it has no context “there”/,
  ],
])('%s is refused at once, in a sentence that says why', (_what, source, sentence) => {
  expect(() => createKubeClient(source, { log: createLog('silent') })).toThrow(sentence)
})

test('a token, a password and nothing become the headers that they should', async () => {
  expect((await connect(kubeconfig({ token: 'abc' }))).headers).toEqual({ authorization: 'Bearer abc' })
  expect((await connect(kubeconfig({ username: 'me', password: 'pw' }))).headers).toEqual({
    authorization: `Basic ${Buffer.from('me:pw').toString('base64')}`,
  })
  expect((await connect(kubeconfig({}))).headers).toEqual({})
})

test('a token file is found beside the kubeconfig, and read anew each time', async () => {
  const kubeconfigFile = join(folder, 'kubeconfig')
  writeFileSync(kubeconfigFile, kubeconfig({ tokenFile: 'token' }))
  writeFileSync(join(folder, 'token'), 'first\n')
  const read = openSource({ kubeconfigFile })
  expect((await read()).headers).toEqual({ authorization: 'Bearer first' })
  writeFileSync(join(folder, 'token'), 'second\n')
  expect(await read()).toMatchObject({ headers: { authorization: 'Bearer second' }, rotates: true })
})

test('credentials of a program, as EKS and GKE have them, are asked for', async () => {
  const answer = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'made' },
  })
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'echo',
    args: [answer],
    interactiveMode: 'Never',
  }
  expect((await connect(kubeconfig({ exec }))).headers).toEqual({ authorization: 'Bearer made' })
})

test('a program that fails is an error in words, not a request without credentials', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never' }
  await expect(connect(kubeconfig({ exec }))).rejects.toMatchObject({ kind: 'unauthorized' })
})
