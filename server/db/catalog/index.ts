const mebi = 2 ** 20
const gibi = 2 ** 30

type SeedPlan = {
  readonly slug: string
  readonly name: string
  readonly priceMinorUnits: number
  readonly currency: 'EUR'
  readonly interval: 'MONTH'
  readonly cpuMillicores: number
  readonly memoryBytes: number
  readonly storageBytes: number
  readonly replicas: number
}

export type SeedService = {
  readonly slug: string
  readonly file: string
  readonly name: string
  readonly category: string
  readonly tagline: string
  readonly description: string
  readonly plans: readonly SeedPlan[]
}

export const seedCategories = [
  { slug: 'databases', name: 'Databases', description: 'Where your data lives.' },
  { slug: 'web', name: 'Web', description: 'What people see in their browser.' },
  { slug: 'tools', name: 'Tools', description: 'Small things that help.' },
] as const

const plan = (
  slug: string,
  name: string,
  priceMinorUnits: number,
  cpuMillicores: number,
  memoryBytes: number,
  storageBytes: number,
  replicas = 1,
): SeedPlan => ({
  slug,
  name,
  priceMinorUnits,
  currency: 'EUR',
  interval: 'MONTH',
  cpuMillicores,
  memoryBytes,
  storageBytes,
  replicas,
})

const databasePlans = [
  plan('nano', 'Nano', 300, 100, 256 * mebi, 256 * mebi),
  plan('small', 'Small', 900, 250, 512 * mebi, gibi),
  plan('medium', 'Medium', 2900, 1000, 2 * gibi, 5 * gibi),
]

const cachePlans = [
  plan('nano', 'Nano', 200, 50, 64 * mebi, 256 * mebi),
  plan('small', 'Small', 600, 100, 256 * mebi, gibi),
  plan('medium', 'Medium', 1900, 500, gibi, 4 * gibi),
]

const webPlans = [
  plan('nano', 'Nano', 100, 50, 64 * mebi, 0),
  plan('small', 'Small', 400, 100, 192 * mebi, 0, 2),
  plan('medium', 'Medium', 1200, 300, 512 * mebi, 0, 3),
]

const pairPlans = [
  plan('nano', 'Nano', 300, 100, 128 * mebi, 0),
  plan('small', 'Small', 800, 200, 256 * mebi, 0, 2),
  plan('medium', 'Medium', 2100, 600, gibi, 0, 3),
]

export const seedCatalog: readonly SeedService[] = [
  {
    slug: 'postgres',
    file: 'postgres.yaml',
    name: 'PostgreSQL',
    category: 'databases',
    tagline: 'The relational database that does not lose your data.',
    description:
      'PostgreSQL 15 with a database, a user and a password of its own. Your other services reach it under one name; nobody else does.',
    plans: databasePlans,
  },
  {
    slug: 'redis',
    file: 'redis.yaml',
    name: 'Redis',
    category: 'databases',
    tagline: 'Keys and values in memory, kept on disk.',
    description: 'Redis 7 behind a password, with its append-only file on a volume, so that a restart forgets nothing.',
    plans: cachePlans,
  },
  {
    slug: 'mariadb',
    file: 'mariadb.yaml',
    name: 'MariaDB',
    category: 'databases',
    tagline: 'The relational database that speaks MySQL.',
    description: 'MariaDB 10.11 with a database, a user and a password of its own, for whatever expects MySQL.',
    plans: databasePlans,
  },
  {
    slug: 'nginx',
    file: 'nginx.yaml',
    name: 'nginx',
    category: 'web',
    tagline: 'A web server that serves your page and nothing else.',
    description: 'nginx without root rights, in as many copies as the plan has, behind one public address.',
    plans: webPlans,
  },
  {
    slug: 'web-with-cache',
    file: 'web-with-cache.yaml',
    name: 'Web with cache',
    category: 'web',
    tagline: 'A web service with a cache of its own beside it.',
    description:
      'Two services that make one: the web service starts once its Redis is healthy, and alone can reach it.',
    plans: pairPlans,
  },
  {
    slug: 'whoami',
    file: 'whoami.yaml',
    name: 'whoami',
    category: 'tools',
    tagline: 'Answers every request with what it knows of it.',
    description: 'The smallest web service there is: it shows the request as it arrived, and which copy answered.',
    plans: webPlans,
  },
]
