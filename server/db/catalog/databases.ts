import { gibi, icon, mebi, plan, type SeedService } from './service.ts'

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
const largePlans = [
  plan('small', 'Small', 1200, 250, gibi, 5 * gibi),
  plan('medium', 'Medium', 3500, 1000, 3 * gibi, 20 * gibi),
  plan('large', 'Large', 8900, 2000, 8 * gibi, 80 * gibi),
]

export const databases: readonly SeedService[] = [
  {
    slug: 'postgres',
    file: 'postgres.yaml',
    name: 'PostgreSQL',
    category: 'databases',
    tagline: 'The relational database that does not lose your data.',
    description:
      'PostgreSQL 15 with a database, a user and a password of its own. Your other services reach it under one name; nobody else does.',
    icon: icon('Pg', '#336791'),
    plans: databasePlans,
  },
  {
    slug: 'redis',
    file: 'redis.yaml',
    name: 'Redis',
    category: 'databases',
    tagline: 'Keys and values in memory, kept on disk.',
    description: 'Redis 7 behind a password, with its append-only file on a volume, so that a restart forgets nothing.',
    icon: icon('Re', '#b91c1c'),
    plans: cachePlans,
  },
  {
    slug: 'mariadb',
    file: 'mariadb.yaml',
    name: 'MariaDB',
    category: 'databases',
    tagline: 'The relational database that speaks MySQL.',
    description: 'MariaDB 10.11 with a database, a user and a password of its own, for whatever expects MySQL.',
    icon: icon('Ma', '#854d0e'),
    plans: databasePlans,
  },
  {
    slug: 'mongodb',
    file: 'mongodb.yaml',
    name: 'MongoDB',
    category: 'databases',
    tagline: 'Documents, stored as they are.',
    description: `MongoDB 8 as a single node, with an account that may do everything in it.

- Your other services reach it under one name; nobody else does.
- Backups are taken with \`mongodump\`, so they can be read anywhere.`,
    icon: icon('Mo', '#166534'),
    plans: largePlans,
  },
  {
    slug: 'valkey',
    file: 'valkey.yaml',
    name: 'Valkey',
    category: 'databases',
    tagline: 'Keys and values in memory, under an open licence.',
    description: `Valkey 8, which every client for Redis can talk to.

It sits behind a password and keeps its append-only file on a volume, so that a restart forgets nothing.`,
    icon: icon('Va', '#4338ca'),
    plans: cachePlans,
  },
  {
    slug: 'meilisearch',
    file: 'meilisearch.yaml',
    name: 'Meilisearch',
    category: 'databases',
    tagline: 'Search that answers while people type.',
    description: `Put your documents in, and people find them although they mistype.

The *master key* makes further keys: give your website one that may only search.`,
    icon: icon('Ms', '#be185d'),
    plans: largePlans,
  },
  {
    slug: 'rabbitmq',
    file: 'rabbitmq.yaml',
    name: 'RabbitMQ',
    category: 'messaging',
    tagline: 'Messages between programs, kept until they are read.',
    description: `RabbitMQ 4 as a single node, with its console in the browser.

Declare queues as *durable* and messages as *persistent*, and a restart loses none.`,
    icon: icon('Rq', '#c2410c'),
    plans: [
      plan('small', 'Small', 900, 250, 512 * mebi, gibi),
      plan('medium', 'Medium', 2900, 1000, 2 * gibi, 10 * gibi),
    ],
  },
  {
    slug: 'minio',
    file: 'minio.yaml',
    name: 'MinIO',
    category: 'storage',
    tagline: 'Object storage that speaks S3.',
    description: `Buckets and objects for every program that knows S3, and a console in the browser.

Use the keys shown with your subscription, and *path style* addresses: the bucket comes after the host.`,
    icon: icon('S3', '#be123c'),
    plans: [
      plan('small', 'Small', 900, 250, 512 * mebi, 20 * gibi),
      plan('medium', 'Medium', 2900, 500, gibi, 100 * gibi),
      plan('large', 'Large', 9900, 1000, 2 * gibi, 500 * gibi),
    ],
  },
]
