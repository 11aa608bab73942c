import type { z } from 'zod'
import * as value from './values.ts'

/**
 * Every setting of Berth: the only list. `readConfig` checks the environment against it and docs/settings.md is
 * written from it (`npm run generate:settings`).
 */
export type Setting = {
  readonly group: string
  /** A sentence or two, in Markdown. */
  readonly meaning: string
  /** What holds where it is not set, as the environment would give it. */
  readonly fallback?: string
  /** How docs/settings.md tells the default, where `fallback` does not say it. */
  readonly otherwise?: string
  readonly example: string
  /** Its value is never repeated in a message. */
  readonly secret?: true
  readonly schema: z.ZodType<unknown, string>
}

const parts = 'What it runs on'
const server = 'The server'
const people = 'People'
const cluster = 'The cluster'
const work = 'Work'

export const settings = {
  DATABASE_URL: {
    group: parts,
    meaning:
      'PostgreSQL 15 or newer, directly or through a pooler in session mode. The schema is made and kept up to date at start.',
    otherwise: 'an embedded PostgreSQL below the data directory',
    example: 'postgres://berth:secret@db.example.com:5432/berth',
    secret: true,
    schema: value.address(['postgres:', 'postgresql:']),
  },
  KUBECONFIG: {
    group: parts,
    meaning:
      'The file that says how to reach the Kubernetes cluster, as the account that `npm run deploy:rights` makes.',
    otherwise: "the pod's service account where there is one, else the simulated cluster",
    example: '/etc/berth/kubeconfig',
    schema: value.text,
  },
  REDIS_URL: {
    group: parts,
    meaning: 'Shares the counters of rate limits between several processes. Where it is away, each counts for itself.',
    otherwise: 'each process counts for itself',
    example: 'redis://redis.example.com:6379',
    secret: true,
    schema: value.address(['redis:', 'rediss:']),
  },
  SMTP_URL: {
    group: parts,
    meaning:
      'The mail server that mails are handed to: `smtps` is encrypted from the start, `smtp` as `?tls=` says (docs/mail.md).',
    otherwise: 'mails wait in the database, or are shown on `/mailbox` of a local server',
    example: 'smtps://berth:secret@mail.example.com',
    secret: true,
    schema: value.mailServer,
  },
  BERTH_MAIL_FROM: {
    group: parts,
    meaning: 'The sender of mails: an address, or a name and the address.',
    otherwise: '`Berth <berth@…>` at the host of `BERTH_PUBLIC_URL`',
    example: 'Example Cloud <no-reply@example.com>',
    schema: value.mailAddress,
  },
  BERTH_DATA_DIR: {
    group: parts,
    meaning: 'The folder of the embedded database, the simulated cluster and the keys made for them.',
    fallback: './.berth',
    example: '/var/lib/berth',
    schema: value.text,
  },
  BERTH_ENCRYPTION_KEYS: {
    group: parts,
    meaning:
      'Keys for everything secret in the database, as `id:base64,…`, 32 bytes each. The first one writes, all of them read: put a new one in front to rotate. Needed with `DATABASE_URL`.',
    otherwise: 'made once in the data directory, with the embedded database',
    example: 'k1:3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    secret: true,
    schema: value.encryptionKeys,
  },
  PORT: {
    group: server,
    meaning: 'The port that the API listens on. 0 takes any that is free.',
    fallback: '3000',
    example: '8080',
    schema: value.wholeNumber(0, 65535),
  },
  HOST: {
    group: server,
    meaning: 'The address that the API listens on.',
    fallback: '0.0.0.0',
    example: '127.0.0.1',
    schema: value.text,
  },
  BERTH_PUBLIC_URL: {
    group: server,
    meaning: 'Where people reach Berth. Links in mails, cookies and CORS use it.',
    otherwise: '`http://localhost:` and the port',
    example: 'https://berth.example.com',
    schema: value.webAddress,
  },
  BERTH_TRUST_PROXY: {
    group: server,
    meaning:
      'Whose `X-Forwarded-*` headers count: the number of proxies in front of Berth, or their addresses and networks.',
    fallback: 'off',
    example: '1',
    schema: value.trustedProxies,
  },
  BERTH_RATE_LIMITS: {
    group: server,
    meaning:
      'Whether requests are limited per person and address. A number allows so many times as much: for load tests, or many people behind one address.',
    fallback: 'on',
    example: '10',
    schema: value.factorOrOff,
  },
  BERTH_LOG_LEVEL: {
    group: server,
    meaning: 'The least important lines that are logged.',
    fallback: 'info',
    example: 'debug',
    schema: value.oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  },
  BERTH_LOG_FORMAT: {
    group: server,
    meaning: '`json` is one object a line, `pretty` is for eyes.',
    otherwise: '`pretty` on a terminal, else `json`',
    example: 'json',
    schema: value.oneOf(['json', 'pretty']),
  },
  BERTH_ADMIN_EMAIL: {
    group: people,
    meaning: 'The administrator that the first start makes.',
    fallback: 'admin@berth.localhost',
    example: 'ops@example.com',
    schema: value.email,
  },
  BERTH_ADMIN_PASSWORD: {
    group: people,
    meaning: 'The password of that administrator.',
    otherwise: 'made and printed once',
    example: 'correct-horse-battery',
    secret: true,
    schema: value.password,
  },
  BERTH_REGISTRATIONS: {
    group: people,
    meaning:
      'Who gets an account: `open` lets visitors register themselves, `invitation` takes whom an administrator invites, `closed` nobody but whom an administrator makes. `on` and `off` are taken for `open` and `closed`.',
    fallback: 'open',
    example: 'invitation',
    schema: value.registrations,
  },
  BERTH_REGISTRATION_DOMAINS: {
    group: people,
    meaning: 'The mail domains that visitors may register with, and change their address to.',
    otherwise: 'any',
    example: 'example.com,example.org',
    schema: value.domains,
  },
  BERTH_EMAIL_VERIFICATION: {
    group: people,
    meaning:
      'Whether somebody must follow the link in a mail before logging in. Where it is `optional`, who registers with an address and logs in learns whether it was taken.',
    otherwise: '`required` with `SMTP_URL`, else `optional`',
    example: 'required',
    schema: value.oneOf(['required', 'optional']),
  },
  BERTH_ADMIN_TWO_FACTOR: {
    group: people,
    meaning:
      'Whether administrators need a second factor. Where it is `required`, one who has none may do nothing but set it up.',
    fallback: 'optional',
    example: 'required',
    schema: value.oneOf(['required', 'optional']),
  },
  BERTH_DEFAULT_MAX_SUBSCRIPTIONS: {
    group: people,
    meaning:
      'How many subscriptions a new organization may have. Administrators change it for each; earlier organizations keep what they have.',
    otherwise: 'no limit',
    example: '10',
    schema: value.wholeNumber(0, 1_000_000),
  },
  BERTH_DEFAULT_MAX_CPU: {
    group: people,
    meaning: 'How much cpu the subscriptions of a new organization may have together.',
    otherwise: 'no limit',
    example: '4',
    schema: value.cpuAmount,
  },
  BERTH_DEFAULT_MAX_MEMORY: {
    group: people,
    meaning: 'How much memory they may have together.',
    otherwise: 'no limit',
    example: '8Gi',
    schema: value.byteAmount,
  },
  BERTH_DEFAULT_MAX_STORAGE: {
    group: people,
    meaning: 'How much storage they may have together.',
    otherwise: 'no limit',
    example: '100Gi',
    schema: value.byteAmount,
  },
  BERTH_BASE_DOMAIN: {
    group: cluster,
    meaning: 'HTTP endpoints of subscriptions become hosts below this domain.',
    otherwise: 'no endpoint is reachable from outside the cluster',
    example: 'apps.example.com',
    schema: value.domain,
  },
  BERTH_INGRESS_CLASS: {
    group: cluster,
    meaning: "The IngressClass of those endpoints' Ingress objects.",
    otherwise: "the cluster's default",
    example: 'nginx',
    schema: value.text,
  },
  BERTH_INGRESS_SELECTOR: {
    group: cluster,
    meaning: 'The pods of the ingress controller, which may reach exposed ports: its namespace and their labels.',
    otherwise: 'nothing may reach them from another namespace',
    example: 'ingress-nginx:app.kubernetes.io/name=ingress-nginx',
    schema: value.peerSelector,
  },
  BERTH_DNS_SELECTOR: {
    group: cluster,
    meaning: "The pods of the cluster's name server, which every workload may ask.",
    fallback: 'kube-system:k8s-app=kube-dns',
    example: 'kube-system:k8s-app=kube-dns',
    schema: value.peerSelector,
  },
  BERTH_STORAGE_CLASS: {
    group: cluster,
    meaning: 'The StorageClass of volumes.',
    otherwise: "the cluster's default",
    example: 'local-path',
    schema: value.text,
  },
  BERTH_CLUSTER_STORAGE: {
    group: cluster,
    meaning: 'How much storage may be sold from the cluster: Kubernetes itself does not say what a StorageClass holds.',
    otherwise: 'storage is not counted',
    example: '500Gi',
    schema: value.byteAmount,
  },
  BERTH_CPU_OVERCOMMIT: {
    group: cluster,
    meaning: "How many times the nodes' cpu may be sold. Memory is sold once.",
    fallback: '1',
    example: '1.5',
    schema: value.overcommit,
  },
  BERTH_BLOCKED_CIDRS: {
    group: cluster,
    meaning:
      'Networks that no workload may reach: pods, services, nodes, metadata services. Add those of your nodes where they have public addresses.',
    fallback: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,fc00::/7,fe80::/10',
    example: '10.0.0.0/8,169.254.169.254/32',
    schema: value.networks,
  },
  BERTH_SIMULATOR_NODES: {
    group: cluster,
    meaning: 'How many worker nodes the simulated cluster has.',
    fallback: '3',
    example: '10',
    schema: value.wholeNumber(1, 5000),
  },
  BERTH_ROLES: {
    group: work,
    meaning:
      'What this process does: `api` answers HTTP, `worker` runs jobs, `reconciler` drives the cluster. Several processes may share a database.',
    fallback: 'api,worker,reconciler',
    example: 'api',
    schema: value.roleList,
  },
  BERTH_RESYNC_SECONDS: {
    group: work,
    meaning: 'How often every subscription is compared with the cluster although nothing happened.',
    fallback: '300',
    example: '60',
    schema: value.wholeNumber(5, 86400),
  },
  BERTH_RECONCILE_CONCURRENCY: {
    group: work,
    meaning: 'How many subscriptions one process reconciles at a time.',
    fallback: '16',
    example: '32',
    schema: value.wholeNumber(1, 256),
  },
  BERTH_DATABASE_CONNECTIONS: {
    group: work,
    meaning: 'The most connections that one process opens to the database, beside one for notifications.',
    fallback: '10',
    example: '20',
    schema: value.wholeNumber(2, 200),
  },
  BERTH_SHUTDOWN_SECONDS: {
    group: work,
    meaning:
      'How long the whole stop may take after `SIGTERM`: running requests, jobs, and the closing of what was opened. What is not closed by then is logged and left, so give a supervisor that kills a few seconds more.',
    fallback: '20',
    example: '60',
    schema: value.wholeNumber(1, 600),
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings

type Given<Row extends Setting> = Row extends { fallback: string }
  ? z.output<Row['schema']>
  : z.output<Row['schema']> | undefined

/** The checked values, under the names of the environment. */
export type Settings = { readonly [Name in SettingName]: Given<(typeof settings)[Name]> }
