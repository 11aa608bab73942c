import { accessSync, constants, existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { invalid } from '../lib/errors.ts'
import { defaultSender } from './mail.ts'
import { nearest } from '../lib/nearest.ts'
import { settings, type Setting, type SettingName, type Settings } from './settings.ts'
import type { ClusterConfig, Config, DefaultLimits, KubeSource } from './types.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'
/** Names that begin alike and belong to the demonstration, the tests and the benchmarks. */
const foreign = /^BERTH_((URL|EMAIL|PASSWORD)$|TEST_|BENCH_)/

/**
 * The checked configuration. An empty value counts as not set. Throws `invalid` SETTING_INVALID or SETTING_UNKNOWN
 * with one sentence: which setting, why, an example.
 */
export function readConfig(env: Environment = process.env): Config {
  refuseUnknown(env)
  const given = readSettings(env)
  if (given.DATABASE_URL !== undefined && given.BERTH_ENCRYPTION_KEYS === undefined) {
    throw wrong(
      'BERTH_ENCRYPTION_KEYS is not set, but must be when DATABASE_URL is, because a key that lies beside one server ' +
        'is lost with it; for example BERTH_ENCRYPTION_KEYS=k1:$(openssl rand -base64 32).',
    )
  }
  const publicUrl = given.BERTH_PUBLIC_URL ?? `http://localhost:${given.PORT}`
  const kubeconfig = kubeSource(given.KUBECONFIG, env)
  return {
    port: given.PORT,
    host: given.HOST,
    publicUrl,
    trustProxy: given.BERTH_TRUST_PROXY,
    ...present('databaseUrl', given.DATABASE_URL),
    databaseConnections: given.BERTH_DATABASE_CONNECTIONS,
    dataDirectory: resolve(given.BERTH_DATA_DIR),
    ...present('kubeconfig', kubeconfig),
    ...present('redisUrl', given.REDIS_URL),
    rateLimits: given.BERTH_RATE_LIMITS,
    ...present('mailServer', given.SMTP_URL),
    mailFrom: given.BERTH_MAIL_FROM ?? defaultSender(publicUrl),
    ...present('encryptionKeys', given.BERTH_ENCRYPTION_KEYS),
    admin: { email: given.BERTH_ADMIN_EMAIL, ...present('password', given.BERTH_ADMIN_PASSWORD) },
    registrations: given.BERTH_REGISTRATIONS,
    ...present('registrationDomains', given.BERTH_REGISTRATION_DOMAINS),
    // Without a mail server nobody could be asked to follow a link.
    emailVerification: given.BERTH_EMAIL_VERIFICATION ?? (given.SMTP_URL === undefined ? 'optional' : 'required'),
    adminTwoFactor: given.BERTH_ADMIN_TWO_FACTOR,
    defaultLimits: defaultLimitsOf(given),
    logLevel: given.BERTH_LOG_LEVEL,
    ...present('logFormat', given.BERTH_LOG_FORMAT),
    roles: given.BERTH_ROLES,
    simulator: { nodes: given.BERTH_SIMULATOR_NODES },
    cluster: clusterOf(given),
    resyncSeconds: given.BERTH_RESYNC_SECONDS,
    reconcileConcurrency: given.BERTH_RECONCILE_CONCURRENCY,
    shutdownSeconds: given.BERTH_SHUTDOWN_SECONDS,
  }
}

const defaultLimitsOf = (given: Settings): DefaultLimits => ({
  ...present('maxSubscriptions', given.BERTH_DEFAULT_MAX_SUBSCRIPTIONS),
  ...present('maxCpuMillicores', given.BERTH_DEFAULT_MAX_CPU),
  ...present('maxMemoryBytes', toBigInt(given.BERTH_DEFAULT_MAX_MEMORY)),
  ...present('maxStorageBytes', toBigInt(given.BERTH_DEFAULT_MAX_STORAGE)),
})
const toBigInt = (amount: number | undefined) => (amount === undefined ? undefined : BigInt(amount))

const clusterOf = (given: Settings): ClusterConfig => ({
  ...present('baseDomain', given.BERTH_BASE_DOMAIN),
  ...present('ingressClass', given.BERTH_INGRESS_CLASS),
  ...present('ingressSelector', given.BERTH_INGRESS_SELECTOR),
  dnsSelector: given.BERTH_DNS_SELECTOR,
  ...present('storageClass', given.BERTH_STORAGE_CLASS),
  ...present('storageBytes', given.BERTH_CLUSTER_STORAGE),
  blockedCidrs: given.BERTH_BLOCKED_CIDRS,
  cpuOvercommitPercent: given.BERTH_CPU_OVERCOMMIT,
})

const names = Object.keys(settings) as SettingName[]

function readSettings(env: Environment): Settings {
  const entries = names.map((name) => [name, readSetting(name, settings[name], env[name])])
  // Each entry has the type that its row's schema gives: the table is the proof, which Object.fromEntries cannot carry.
  return Object.fromEntries(entries) as Settings
}

function readSetting(name: SettingName, setting: Setting, given: string | undefined): unknown {
  const value = given?.trim() || setting.fallback
  if (value === undefined) return undefined
  const result = setting.schema.safeParse(value)
  if (result.success) return result.data
  const mustBe = String(setting.schema.meta()?.['mustBe'])
  const is = setting.secret ? 'is not right: it' : `is "${value.slice(0, 100)}", but`
  throw wrong(`${name} ${is} must be ${mustBe}; for example ${name}=${setting.example}.`)
}

function refuseUnknown(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('BERTH_') || name in settings || foreign.test(name) || !env[name]) continue
    throw invalid('SETTING_UNKNOWN', `${name} is not a setting of Berth; ${wayOut(name)}`)
  }
}

/** Compared without what they all begin with, which would make every two of them look alike. */
function wayOut(unknown: string): string {
  const meant = nearest(bare(unknown), names.map(bare))
  const name = names.find((known) => bare(known) === meant)
  if (name === undefined) return 'docs/settings.md lists all that there are.'
  return `did you mean ${name}=${settings[name].example}?`
}
const bare = (name: string): string => name.replace(/^BERTH_/, '')

function kubeSource(file: string | undefined, env: Environment): KubeSource | undefined {
  if (file === undefined) {
    const inCluster = Boolean(env['KUBERNETES_SERVICE_HOST']) && existsSync(serviceAccountToken)
    return inCluster ? { inCluster: true } : undefined
  }
  const path = resolve(file)
  try {
    accessSync(path, constants.R_OK)
  } catch {
    throw wrong(
      `KUBECONFIG is "${file.slice(0, 200)}", but must be one file that can be read; ` +
        `for example KUBECONFIG=${settings.KUBECONFIG.example}, or KUBECONFIG= for the simulated cluster.`,
    )
  }
  return { file: path }
}

const wrong = (sentence: string) => invalid('SETTING_INVALID', sentence)

/** `{ [name]: value }`, or nothing: an absent setting is an absent member. */
const present = <Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } =>
  (value === undefined ? {} : { [name]: value }) as { [key in Name]?: Value }
