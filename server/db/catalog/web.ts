import { gibi, icon, mebi, plan, type SeedService } from './service.ts'

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
const sitePlans = [
  plan('small', 'Small', 1200, 500, gibi, 5 * gibi),
  plan('medium', 'Medium', 2900, 1000, 2 * gibi, 20 * gibi),
  plan('large', 'Large', 6900, 2000, 4 * gibi, 60 * gibi),
]

export const web: readonly SeedService[] = [
  {
    slug: 'nginx',
    file: 'nginx.yaml',
    name: 'nginx',
    category: 'web',
    tagline: 'A web server that serves your page and nothing else.',
    description: 'nginx without root rights, in as many copies as the plan has, behind one public address.',
    icon: icon('Ng', '#15803d'),
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
    icon: icon('W+', '#0f766e'),
    plans: pairPlans,
  },
  {
    slug: 'wordpress',
    file: 'wordpress.yaml',
    name: 'WordPress',
    category: 'websites',
    tagline: 'A website that its owner writes.',
    description: `WordPress with a MariaDB of its own that nobody else reaches.

Open the address and follow the five-minute setup: **whoever is first becomes the administrator**, so do it at once.`,
    icon: icon('Wp', '#1d4ed8'),
    plans: sitePlans,
  },
  {
    slug: 'ghost',
    file: 'ghost.yaml',
    name: 'Ghost',
    category: 'websites',
    tagline: 'Writing for readers who come back.',
    description: `A blog with members and newsletters, and a MySQL of its own.

Open \`/ghost\` at your address first: **whoever is first becomes the owner**.`,
    icon: icon('Gh', '#334155'),
    plans: sitePlans,
  },
  {
    slug: 'whoami',
    file: 'whoami.yaml',
    name: 'whoami',
    category: 'tools',
    tagline: 'Answers every request with what it knows of it.',
    description: 'The smallest web service there is: it shows the request as it arrived, and which copy answered.',
    icon: icon('?', '#475569'),
    plans: webPlans,
  },
]
