import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parseAllDocuments, stringify } from 'yaml'
import { createKubeClient, type KubeClient } from '../server/kube/client.ts'
import { openSource, type Connection } from '../server/kube/connection.ts'
import { isKubeError } from '../server/kube/errors.ts'
import { describeRef, refOf, type KubeObject } from '../server/kube/object.ts'
import { asObject } from '../server/kube/parse.ts'
import { messageOf } from '../server/lib/errors.ts'
import { createLog } from '../server/lib/log.ts'

const usage = `Makes the account that Berth runs as on a cluster, with exactly the rights it needs, and its kubeconfig.

  npm run deploy:rights -- --kubeconfig ADMIN_FILE [--out FILE] [--namespace NAME]

  --kubeconfig FILE   a kubeconfig of an administrator of the cluster (default: the variable KUBECONFIG)
  --out FILE          where the account's kubeconfig goes (default: berth.kubeconfig)
  --namespace NAME    the namespace of the account (default: berth-system); another name makes a second, separate account
  --help              this text

Running it again changes nothing that is right already. What it applies: deploy/kubernetes/rights.yaml
`

type Say = (sentence: string) => void
export type RightsOptions = { kubeconfigFile: string; out: string; namespace?: string; say?: Say }

const policyKinds = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']

/**
 * Applies rights.yaml as the administrator of the kubeconfig and writes the account's own kubeconfig (mode 0600).
 * Idempotent. Throws an Error whose message is one sentence.
 */
export async function deployRights({
  kubeconfigFile,
  out,
  namespace = 'berth-system',
  say = () => {},
}: RightsOptions): Promise<void> {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw new Error(
      `“${namespace}” cannot name a namespace: use lowercase letters, digits and hyphens, as in berth-system.`,
    )
  }
  const source = { kubeconfigFile }
  const admin = createKubeClient(source, { log: createLog('silent') })
  try {
    const connection = await openSource(source)()
    say(`The cluster at ${connection.url.origin} runs Kubernetes ${await admin.version()}.`)
    for (const object of readRights(namespace)) {
      await applyRight(admin, object)
      say(`${describeRef(refOf(object))} is as it should be.`)
    }
    const token = await readToken(admin, connection, namespace)
    const kubeconfigText = kubeconfigOf(connection, token)
    if (token !== undefined) {
      await proveLimits(kubeconfigText)
      say('The account was refused a write outside its own namespaces, as it should be.')
    }
    writeKubeconfig(out, kubeconfigText)
    say(
      token === undefined
        ? `${out} reaches the cluster without credentials, since this server asks for none.`
        : `${out} holds the account's kubeconfig, readable by you alone. Start Berth with KUBECONFIG=${out}`,
    )
  } finally {
    admin.close()
  }
}

/** The objects of rights.yaml, for an account in the given namespace. */
function readRights(namespace: string): KubeObject[] {
  const text = readFileSync(new URL('kubernetes/rights.yaml', import.meta.url), 'utf8')
  return parseAllDocuments(text.replaceAll('berth-system', namespace)).map((document) => asObject(document.toJS()))
}

async function applyRight(admin: KubeClient, object: KubeObject): Promise<void> {
  try {
    await admin.apply(object)
  } catch (error) {
    if (isKubeError(error) && error.kind === 'notFound' && policyKinds.includes(object.kind)) {
      throw new Error(
        'This cluster knows no ValidatingAdmissionPolicy, which limits what Berth may do: it needs Kubernetes 1.30 or later.',
        {
          cause: error,
        },
      )
    }
    if (isKubeError(error) && error.kind === 'forbidden') {
      throw new Error(`This kubeconfig is not an administrator's: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/**
 * The account's token. It is that of a Secret and not one of the TokenRequest API: API servers cap the life of those
 * (24 hours on EKS), and nobody would be there to renew it. The Secret's lives until the Secret is deleted, which is
 * also how it is revoked; inside the cluster Berth uses the pod's own token, which the kubelet renews, and needs none
 * of this. Undefined on a server that asks for no credentials and makes no tokens.
 */
async function readToken(admin: KubeClient, connection: Connection, namespace: string): Promise<string | undefined> {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'berth-token',
      namespace,
      annotations: { 'kubernetes.io/service-account.name': 'berth' },
    },
    type: 'kubernetes.io/service-account-token',
  }
  await admin.apply(secret)
  const anonymous = connection.headers.authorization === undefined && connection.tls.cert === undefined
  const deadline = Date.now() + (anonymous ? 500 : 30_000)
  while (Date.now() < deadline) {
    const data = (await admin.get(refOf(secret)))?.data
    if (hasToken(data)) return Buffer.from(data.token, 'base64').toString('utf8')
    await sleep(100)
  }
  if (anonymous) return undefined
  throw new Error(
    `The cluster made no token for ${describeRef(refOf(secret))} within 30 seconds: does its controller manager run?`,
  )
}

/**
 * Waits until the API server refuses the account, by the policy and not for want of a right, what it must not do: a
 * policy takes a moment to come into force, and some server may have admission policies switched off.
 */
async function proveLimits(kubeconfigText: string): Promise<void> {
  const account = createKubeClient({ kubeconfigText }, { log: createLog('silent') })
  const forbidden = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'berth-may-not', namespace: 'default' } }
  let last = 'it allowed the account a write in the namespace default'
  try {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
      try {
        await account.apply(forbidden, { dryRun: true })
      } catch (error) {
        last = messageOf(error)
        if (last.includes('ValidatingAdmissionPolicy')) return
      }
    }
  } finally {
    account.close()
  }
  throw new Error(`The cluster does not enforce the limits of Berth's account (${last}): no kubeconfig was written.`)
}

const hasToken = (data: unknown): data is { token: string } =>
  typeof data === 'object' && data !== null && 'token' in data && typeof data.token === 'string'

function kubeconfigOf({ url, tls }: Connection, token: string | undefined): string {
  const ca = Buffer.isBuffer(tls.ca) ? tls.ca.toString('base64') : undefined
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'berth',
    contexts: [{ name: 'berth', context: { cluster: 'cluster', user: 'berth' } }],
    clusters: [
      {
        name: 'cluster',
        cluster: {
          server: url.href.replace(/\/$/, ''),
          ...(ca !== undefined && { 'certificate-authority-data': ca }),
          ...(tls.rejectUnauthorized === false && { 'insecure-skip-tls-verify': true }),
          ...(tls.servername !== undefined && { 'tls-server-name': tls.servername }),
        },
      },
    ],
    users: [{ name: 'berth', user: token === undefined ? {} : { token } }],
  })
}

/** In one step, so that a Berth that reads the file meanwhile sees the old or the new one; never readable by others. */
function writeKubeconfig(out: string, text: string): void {
  const beside = `${out}.${process.pid}`
  writeFileSync(beside, text, { mode: 0o600 })
  chmodSync(beside, 0o600)
  renameSync(beside, out)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: 'string' },
      out: { type: 'string', default: 'berth.kubeconfig' },
      namespace: { type: 'string', default: 'berth-system' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return
  }
  const kubeconfigFile = values.kubeconfig ?? process.env.KUBECONFIG
  if (!kubeconfigFile) throw new Error("Which cluster? Name an administrator's kubeconfig: --kubeconfig ~/.kube/config")
  await deployRights({ kubeconfigFile, out: resolve(values.out), namespace: values.namespace, say: console.log })
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(messageOf(error))
    process.exitCode = 1
  })
}
