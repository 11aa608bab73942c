import { z } from 'zod'

/**
 * What a template says, as plain data and with nothing of Kubernetes in it. It is stored with its revision as JSON, so
 * it holds no functions, no undefined and no big integers, and what was stored on one day means the same on the next.
 */

/** DNS-1035 label (RFC 1035 section 2.3.1), short enough for the suffixes that controllers add. */
export const maxServiceName = 50
const name = z
  .string()
  .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/)
  .max(maxServiceName)

/**
 * Text with holes: what is only known when a subscription exists. Rendered by `render.ts`.
 * A `choose` is Compose's `${P:-x}` and `${P:+x}` over a parameter, whose value only an order knows.
 */
export type ValuePart =
  | string
  | { secret: string }
  | { parameter: string }
  /** `https://host` of a site, without a trailing slash. */
  | { url: string }
  /** The host of a site. */
  | { host: string }
  /** The name under which siblings reach a service. */
  | { siblingOf: string }
  /** The name under which the organization's other subscriptions reach a service. */
  | { addressOf: string }
  | { choose: string; when: 'set' | 'filled'; then: ValueTemplate; otherwise: ValueTemplate }
export type ValueTemplate = readonly ValuePart[]

const valueTemplate: z.ZodType<ValueTemplate> = z.lazy(() =>
  z.array(
    z.union([
      z.string(),
      z.object({ secret: z.string() }),
      z.object({ parameter: z.string() }),
      z.object({ url: z.string() }),
      z.object({ host: z.string() }),
      z.object({ siblingOf: name }),
      z.object({ addressOf: name }),
      z.object({
        choose: z.string(),
        when: z.enum(['set', 'filled']),
        then: valueTemplate,
        otherwise: valueTemplate,
      }),
    ]),
  ),
)

const environmentVariable = z.object({
  name: z.string(),
  value: valueTemplate,
  /** Left out of the container where it renders to nothing: Compose's `- NAME` without a value. */
  omitEmpty: z.boolean().optional(),
})

const port = z.object({
  port: z.int().min(1).max(65535),
  protocol: z.enum(['TCP', 'UDP']),
  /** Named under Compose's `ports`, which people outside were meant to reach; else under `expose`. */
  published: z.boolean(),
})

const mount = z.object({
  volume: z.string(),
  path: z.string(),
  subPath: z.string().optional(),
  readOnly: z.boolean(),
})

/** A file written by the template: its content, where it appears, and its mode (as a number, 0o644 = 420). */
const file = z.object({
  path: z.string(),
  content: valueTemplate,
  mode: z.int().min(0).max(0o7777),
  /** Secret whatever it holds: what Compose calls a secret. */
  secret: z.boolean().optional(),
})

/** Memory that is gone with the pod. Without a size it may use what memory the service has. */
const memoryMount = z.object({ path: z.string(), sizeBytes: z.int().positive().optional() })

/** How a service proves that it works. Times in seconds, as Compose gives them, fractions allowed. */
const healthcheck = z.object({
  command: z.array(valueTemplate),
  intervalSeconds: z.number().positive(),
  timeoutSeconds: z.number().positive(),
  retries: z.int().positive(),
  startPeriodSeconds: z.number().min(0),
  startIntervalSeconds: z.number().positive(),
})

const dependency = z.object({
  service: name,
  /** What this service waits for at first start: that the other one runs, is healthy, or ended well. */
  condition: z.enum(['started', 'healthy', 'completed']),
})

/** Beside the cluster's own name service, which siblings are found by. */
const nameService = z.object({
  servers: z.array(z.string()),
  searches: z.array(z.string()),
  options: z.array(z.object({ name: z.string(), value: z.string().optional() })),
})

const user = z.object({ uid: z.int().min(0), gid: z.int().min(0).optional() })

const service = z.object({
  name,
  /** Further names that siblings use: `container_name`, `hostname`, network aliases and links. */
  aliases: z.array(name),
  kind: z.enum(['stateless', 'stateful', 'job']),
  image: z.string(),
  /** What replaces the image's entrypoint. */
  command: z.array(valueTemplate).optional(),
  /** What replaces the image's command. */
  args: z.array(valueTemplate).optional(),
  workingDir: z.string().optional(),
  hostname: z.string().optional(),
  environment: z.array(environmentVariable),
  ports: z.array(port),
  mounts: z.array(mount),
  files: z.array(file),
  tmpfs: z.array(memoryMount),
  healthcheck: healthcheck.optional(),
  /** The template says that there is none on purpose: no probe is invented in its place. */
  healthcheckDisabled: z.boolean(),
  dependsOn: z.array(dependency),
  user: user.optional(),
  groups: z.array(z.int().min(0)),
  readOnly: z.boolean(),
  noNewPrivileges: z.boolean(),
  capabilities: z.object({ add: z.array(z.string()), drop: z.array(z.string()) }),
  sysctls: z.array(z.object({ name: z.string(), value: z.string() })),
  hosts: z.array(z.object({ name: z.string(), address: z.string() })),
  nameService: nameService.optional(),
  /** A terminal and an open input, for programs that end without. */
  tty: z.boolean().optional(),
  stdin: z.boolean().optional(),
  /** As in an image's platform, where this service's image is for one processor only. */
  architecture: z.string().optional(),
  /** The plan is shared out in this proportion. One is the weight of a service that says nothing. */
  weights: z.object({ cpu: z.number().positive(), memory: z.number().positive() }),
  /** The most copies that this service makes sense with; the plan bounds it further. */
  replicas: z.int().min(0),
  /** Each copy of a stateful service has volumes of its own and finds the others by itself. */
  clustered: z.boolean(),
  stopGracePeriodSeconds: z.int().min(0).optional(),
})

const volume = z.object({
  name,
  /** Of the plan's storage, in proportion to the other volumes. */
  share: z.number().positive(),
})

const secret = z.discriminatedUnion('kind', [
  /** Letters and digits; a user begins with a letter. */
  z.object({
    name: z.string(),
    kind: z.enum(['user', 'lowercase', 'password', 'symbols', 'random']),
    length: z.int().positive(),
  }),
  /** So many random bytes, encoded. */
  z.object({ name: z.string(), kind: z.enum(['base64', 'hex']), bytes: z.int().positive() }),
  /** A JSON Web Token (HS256) of a role, signed with another secret. */
  z.object({ name: z.string(), kind: z.literal('jwt'), role: z.string(), signedBy: z.string() }),
])

const parameter = z.object({
  name: z.string(),
  type: z.enum(['string', 'integer', 'number', 'boolean']),
  title: z.string(),
  description: z.string().optional(),
  /** As text, whatever the type: it ends up in an environment variable. */
  default: z.string().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  secret: z.boolean(),
  /** Cannot be changed after the order. */
  immutable: z.boolean(),
  required: z.boolean(),
  /** Not declared: found as a variable that the template leaves to its environment. */
  inferred: z.boolean(),
})

const expose = z.object({
  /** The endpoint's name, unique in the template. */
  name,
  /** Endpoints of one site share a host and differ in their paths. URL variables name the site. */
  site: name,
  service: name,
  port: z.int().min(1).max(65535),
  protocol: z.enum(['http', 'tcp']),
  path: z.string(),
})

const connectionField = z.object({
  name: z.string(),
  label: z.string(),
  value: valueTemplate,
  /** Masked until asked for. */
  secret: z.boolean(),
})

const backup = z.discriminatedUnion('method', [
  z.object({
    method: z.literal('command'),
    service: name,
    /** Writes the backup to its standard output. */
    dump: z.array(z.string()),
    /** Reads the backup from its standard input. */
    restore: z.array(z.string()),
  }),
  z.object({ method: z.literal('snapshot'), volumes: z.array(name) }),
])

const action = z.object({
  name: z.string(),
  title: z.string(),
  service: name,
  command: z.array(z.string()),
})

/** What is checked when a stored revision is read back. */
const workloadSpec = z.object({
  format: z.literal(1),
  services: z.array(service).min(1),
  volumes: z.array(volume),
  secrets: z.array(secret),
  parameters: z.array(parameter),
  expose: z.array(expose),
  connection: z.array(connectionField),
  isolation: z.enum(['restricted', 'baseline']),
  /** As in an image's platform: `amd64`, `arm64`. Empty where any will do. */
  architectures: z.array(z.string()),
  backup: backup.optional(),
  actions: z.array(action),
})

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

export type WorkloadSpec = DeepReadonly<z.infer<typeof workloadSpec>>
export type ServiceSpec = WorkloadSpec['services'][number]
export type VolumeSpec = WorkloadSpec['volumes'][number]
export type SecretSpec = WorkloadSpec['secrets'][number]
export type ParameterSpec = WorkloadSpec['parameters'][number]
export type ExposeSpec = WorkloadSpec['expose'][number]
export type ConnectionFieldSpec = WorkloadSpec['connection'][number]
export type HealthcheckSpec = NonNullable<ServiceSpec['healthcheck']>
export type EnvironmentVariable = ServiceSpec['environment'][number]
export type PortSpec = ServiceSpec['ports'][number]
export type FileSpec = ServiceSpec['files'][number]
export type Mount = ServiceSpec['mounts'][number]
export type Isolation = WorkloadSpec['isolation']

/** A stored revision's spec. Throws zod's error where it is not one: a defect, or a database edited by hand. */
export const readWorkloadSpec = (stored: unknown): WorkloadSpec => workloadSpec.parse(stored)
