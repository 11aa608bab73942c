import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { kubeError } from './errors.ts'
import { messageOf } from '../lib/errors.ts'

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/: the fields that decide whom we call, and as whom. */
const clusterSchema = z.object({
  server: z.url(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
})
const userSchema = z.object({
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
})
const kubeconfigSchema = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().optional() }) }),
  ),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })),
  users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
})

/** One context of a kubeconfig: the cluster, the user, and the text for who must read more of it. */
export type Context = {
  cluster: z.infer<typeof clusterSchema>
  user: z.infer<typeof userSchema>
  /** Where relative file names in it start from; none for a text. */
  folder?: string
  text: string
}

const wrong = (origin: string, why: string, cause?: unknown) =>
  kubeError('invalid', `The kubeconfig ${origin} cannot be used: ${why}.`, { cause })

/**
 * The current context of a kubeconfig. Throws a KubeError `invalid` whose message is one sentence that names the file
 * and what is wrong with it.
 */
export function readKubeconfig(source: { kubeconfigText: string } | { kubeconfigFile: string }): Context {
  const file = 'kubeconfigFile' in source ? resolve(source.kubeconfigFile) : undefined
  const origin = file ?? '(given as text)'
  const text = 'kubeconfigText' in source ? source.kubeconfigText : readText(resolve(source.kubeconfigFile))
  const parsed = kubeconfigSchema.safeParse(parseText(text, origin))
  if (!parsed.success) throw wrong(origin, describe(parsed.error))
  const { contexts, clusters, users, 'current-context': current } = parsed.data
  // kubectl without a current context talks to localhost:8080; a single context can only be the one that is meant.
  const chosen = current
    ? contexts.find(({ name }) => name === current)
    : contexts.length === 1
      ? contexts[0]
      : undefined
  if (!chosen) throw wrong(origin, current ? `it has no context “${current}”` : 'it names no current-context')
  const { cluster: clusterName, user: userName } = chosen.context
  const cluster = clusters.find(({ name }) => name === clusterName)?.cluster
  if (!cluster) throw wrong(origin, `its context names a cluster “${clusterName}” that it does not describe`)
  const user = users?.find(({ name }) => name === userName)?.user
  return { cluster, user: user ?? {}, text, ...(file !== undefined && { folder: dirname(file) }) }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw wrong(file, messageOf(error), error)
  }
}

function parseText(text: string, origin: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw wrong(origin, `it is not YAML (${messageOf(error).split('\n')[0] ?? ''})`, error)
  }
}

const describe = (error: z.ZodError): string => {
  const issue = error.issues[0]
  return issue?.path.length ? `${issue.path.join('.')}: ${issue.message}` : 'it is not a kubeconfig'
}
