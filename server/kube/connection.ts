import { readFileSync } from 'node:fs'
import { Agent, type RequestOptions } from 'node:https'
import { isAbsolute, join } from 'node:path'
import { messageOf } from '../lib/errors.ts'
import { kubeError } from './errors.ts'
import { readKubeconfig, type Context } from './kubeconfig.ts'

export type KubeSource = { kubeconfigText: string } | { kubeconfigFile: string } | { inCluster: true }

type Tls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>

/** Whom to call and as whom, as read at one moment. */
export type Connection = {
  url: URL
  tls: Tls
  headers: Readonly<Record<string, string>>
  /** The credentials lie in a file or come from a program, and change without notice. */
  rotates: boolean
  /** Set where a proxy stands between. */
  agent?: Agent
}

/** Reads the source anew each time: a rotated token, certificate or file is found by calling it again. */
export type ReadConnection = () => Promise<Connection>

/**
 * Checks the source and returns how to read it. Throws a KubeError `invalid`, one sentence, when it cannot work:
 * a missing or broken kubeconfig is known at start and not at the first request.
 */
export function openSource(source: KubeSource): ReadConnection {
  if ('inCluster' in source) {
    readInCluster()
    return async () => readInCluster()
  }
  readKubeconfig(source)
  return async () => {
    const context = readKubeconfig(source)
    const { user, cluster } = context
    const needsLibrary = user.exec ?? user['auth-provider'] ?? cluster['proxy-url']
    return needsLibrary === undefined ? readPlain(context) : readWithLibrary(context)
  }
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/: the kubelet renews the token in place. */
function readInCluster(): Connection {
  try {
    return {
      url: new URL('https://kubernetes.default.svc'),
      tls: { ca: readFileSync(`${accountFolder}/ca.crt`) },
      headers: bearer(readFileSync(`${accountFolder}/token`, 'utf8')),
      rotates: true,
    }
  } catch (cause) {
    const why = `${accountFolder} cannot be read (${messageOf(cause)})`
    throw kubeError('invalid', `Berth does not run in a pod with a service account: ${why}.`, { cause })
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token.trim()}` })

function readPlain(context: Context): Connection {
  const { user } = context
  const token =
    user.tokenFile === undefined ? user.token : bytesOf(context, user.tokenFile, undefined)?.toString('utf8')
  const basic = Buffer.from(`${user.username ?? ''}:${user.password ?? ''}`).toString('base64')
  return {
    url: new URL(context.cluster.server),
    tls: tlsOf(context),
    headers: token ? bearer(token) : user.username === undefined ? {} : { authorization: `Basic ${basic}` },
    rotates: user.tokenFile !== undefined,
  }
}

function tlsOf(context: Context): Tls {
  const { cluster, user } = context
  const ca = bytesOf(context, cluster['certificate-authority'], cluster['certificate-authority-data'])
  const cert = bytesOf(context, user['client-certificate'], user['client-certificate-data'])
  const key = bytesOf(context, user['client-key'], user['client-key-data'])
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
    ...(cluster['tls-server-name'] !== undefined && { servername: cluster['tls-server-name'] }),
  }
}

/** The content of a field that is given inline in base64 or as the name of a file; inline wins, as in kubectl. */
function bytesOf({ folder }: Context, file: string | undefined, data: string | undefined): Buffer | undefined {
  if (data) return Buffer.from(data, 'base64')
  if (!file) return undefined
  try {
    return readFileSync(isAbsolute(file) || folder === undefined ? file : join(folder, file))
  } catch (cause) {
    throw kubeError('invalid', `The kubeconfig names ${file}, which cannot be read (${messageOf(cause)}).`, { cause })
  }
}

/**
 * Credentials from a program (EKS, GKE, AKS), an OpenID Connect provider, or through a proxy. The official library
 * knows them all, and is loaded only here: importing it, even its config.js alone, pulls in all generated models:
 * 70 to 80 MB of resident memory and half a second to a second, on a server that should idle below 180 MB. node:https
 * costs 8 MB, and the YAML parser is there anyway.
 */
async function readWithLibrary(context: Context): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromString(context.text)
  config.makePathsAbsolute(context.folder ?? process.cwd())
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    throw kubeError('unauthorized', `The credentials of the kubeconfig cannot be had: ${messageOf(cause)}`, { cause })
  }
  const { ca, cert, key, agent } = options
  const authorization = new Headers(options.headers as Record<string, string>).get('authorization')
  return {
    url: new URL(context.cluster.server),
    tls: { ...tlsOf(context), ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
    headers: authorization === null ? {} : { authorization },
    rotates: true,
    ...(context.cluster['proxy-url'] !== undefined && agent instanceof Agent && { agent }),
  }
}
