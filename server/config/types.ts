import type { EncryptionKey } from '../lib/secret-box.ts'
import type { LogLevel } from '../lib/log.ts'

/** What a process does. All three by default; any number of processes of each may run over one database. */
export const roles = ['api', 'worker', 'reconciler'] as const
export type Role = (typeof roles)[number]

/** Who gets an account. */
export type Registrations = 'open' | 'invitation' | 'closed'

/** Pods that network policies name as a peer: those with all of these labels, in the namespace of that name. */
export type PeerSelector = { readonly namespace: string; readonly podLabels: Readonly<Record<string, string>> }

/** How to reach the cluster: a kubeconfig file, or the service account of the pod that Berth runs in. */
export type KubeSource = { readonly file: string } | { readonly inCluster: true }

/** What Berth is told about the cluster that it drives; the cluster's row is made from it. */
export type ClusterConfig = {
  /** HTTP endpoints become `<name>.<baseDomain>`. */
  readonly baseDomain?: string
  readonly ingressClass?: string
  readonly ingressSelector?: PeerSelector
  readonly dnsSelector: PeerSelector
  readonly storageClass?: string
  /** What may be sold of storage, in bytes. */
  readonly storageBytes?: number
  /** Ranges that no workload may reach (nodes, API server, metadata service), in CIDR notation. */
  readonly blockedCidrs: readonly string[]
  readonly cpuOvercommitPercent: number
}

/** The mail server that mails are handed to. */
export type MailServer = {
  readonly host: string
  readonly port: number
  /** smtps: TLS before the first word; else STARTTLS, as `tls` says. */
  readonly encryptedFromTheStart: boolean
  /** `unverified` encrypts without asking whose certificate it is. */
  readonly tls: 'required' | 'opportunistic' | 'off' | 'unverified'
  readonly login?: { readonly user: string; readonly password: string }
}
export type MailAddress = { readonly name: string; readonly address: string }

/** What a new organization may have; what is absent has no limit. */
export type DefaultLimits = {
  readonly maxSubscriptions?: number
  readonly maxCpuMillicores?: number
  readonly maxMemoryBytes?: bigint
  readonly maxStorageBytes?: bigint
}

/** Every setting, checked. Made by `readConfig` and by nothing else; docs/settings.md says what each means. */
export type Config = {
  readonly port: number
  readonly host: string
  /** Without a slash at its end. Links, cookies and CORS use it, never the Host header. */
  readonly publicUrl: string
  /** As Express's "trust proxy": a number of proxies, a list of addresses, or none. */
  readonly trustProxy: number | string | false
  /** Absent: the embedded PostgreSQL. */
  readonly databaseUrl?: string
  readonly databaseConnections: number
  /** Absolute. The embedded database, the simulated cluster's journal and made keys live there. */
  readonly dataDirectory: string
  /** Absent: the simulated cluster. */
  readonly kubeconfig?: KubeSource
  readonly redisUrl?: string
  /** How many times the quotas of the rate limits hold; 0 for none. */
  readonly rateLimits: number
  /** Absent: mails are not sent. */
  readonly mailServer?: MailServer
  readonly mailFrom: MailAddress
  /** The first one writes. Absent: one is made once in the data directory. */
  readonly encryptionKeys?: readonly EncryptionKey[]
  readonly admin: { readonly email: string; readonly password?: string }
  readonly registrations: Registrations
  /** Of which domains a visitor's address may be; absent: of any. */
  readonly registrationDomains?: readonly string[]
  readonly emailVerification: 'required' | 'optional'
  /** Whether an administrator needs a second factor. */
  readonly adminTwoFactor: 'required' | 'optional'
  readonly defaultLimits: DefaultLimits
  readonly logLevel: LogLevel
  /** Absent: pretty on a terminal, else JSON. */
  readonly logFormat?: 'json' | 'pretty'
  readonly roles: readonly Role[]
  readonly simulator: { readonly nodes: number }
  readonly cluster: ClusterConfig
  /** How often every subscription is compared with its cluster although nothing happened. */
  readonly resyncSeconds: number
  /** How many subscriptions one process reconciles at a time. */
  readonly reconcileConcurrency: number
  /** How long running work may take to end after SIGTERM. */
  readonly shutdownSeconds: number
}
