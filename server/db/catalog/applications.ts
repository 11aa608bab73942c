import { gibi, icon, mebi, plan, type SeedService } from './service.ts'

const lightPlans = [
  plan('small', 'Small', 500, 200, 384 * mebi, gibi),
  plan('medium', 'Medium', 1500, 500, gibi, 5 * gibi),
]

export const applications: readonly SeedService[] = [
  {
    slug: 'n8n',
    file: 'n8n.yaml',
    name: 'n8n',
    category: 'automation',
    tagline: 'Work that happens by itself, drawn instead of programmed.',
    description: `Connect services with each other: when this happens, do that.

Keep the *encryption key* that is shown with your subscription. It opens the credentials that your workflows hold.`,
    icon: icon('n8', '#be123c'),
    plans: [
      plan('small', 'Small', 900, 500, gibi, 2 * gibi),
      plan('medium', 'Medium', 2400, 1000, 2 * gibi, 10 * gibi),
    ],
  },
  {
    slug: 'forgejo',
    file: 'forgejo.yaml',
    name: 'Forgejo',
    category: 'development',
    tagline: 'A home for code, with reviews and issues.',
    description: `Git repositories with pull requests, issues and packages. It began as a fork of Gitea, and speaks its API.

**The first account becomes the administrator's.** Make it at once; then close the registration if nobody else should come in.`,
    icon: icon('Fj', '#c2410c'),
    plans: [
      plan('small', 'Small', 900, 250, 512 * mebi, 5 * gibi),
      plan('medium', 'Medium', 2400, 1000, 2 * gibi, 30 * gibi),
    ],
  },
  {
    slug: 'uptime-kuma',
    file: 'uptime-kuma.yaml',
    name: 'Uptime Kuma',
    category: 'monitoring',
    tagline: 'Notices that a site is down before its visitors do.',
    description: `Asks your sites and services again and again, tells you when one is silent, and shows the rest of the world a status page.

The first visitor makes the administrator's account.`,
    icon: icon('UK', '#15803d'),
    plans: lightPlans,
  },
  {
    slug: 'grafana',
    file: 'grafana.yaml',
    name: 'Grafana',
    category: 'monitoring',
    tagline: 'Numbers as pictures, side by side.',
    description: `Dashboards over Prometheus, PostgreSQL, MariaDB and a hundred other sources.

Sign in with the user and password that are shown with your subscription. A password that you change in Grafana holds.`,
    icon: icon('Gr', '#b45309'),
    plans: lightPlans,
  },
  {
    slug: 'metabase',
    file: 'metabase.yaml',
    name: 'Metabase',
    category: 'monitoring',
    tagline: 'Questions to a database, without writing SQL.',
    description: `Charts and reports for people who do not program, over the databases that you connect.

It keeps what it knows in a PostgreSQL of its own. The first start takes some minutes.`,
    icon: icon('Mb', '#1d4ed8'),
    plans: [
      plan('small', 'Small', 2400, 1000, 2 * gibi, 2 * gibi),
      plan('medium', 'Medium', 4900, 2000, 4 * gibi, 10 * gibi),
    ],
  },
  {
    slug: 'vaultwarden',
    file: 'vaultwarden.yaml',
    name: 'Vaultwarden',
    category: 'productivity',
    tagline: "Passwords in one safe place, for everybody's devices.",
    description: `A small server for the apps of Bitwarden.

Passwords are encrypted on your devices: the server never sees them, and **nobody can recover a forgotten master password**.`,
    icon: icon('Vw', '#1e40af'),
    plans: [
      plan('small', 'Small', 400, 100, 192 * mebi, gibi),
      plan('medium', 'Medium', 900, 250, 512 * mebi, 5 * gibi),
    ],
  },
  {
    slug: 'nextcloud',
    file: 'nextcloud.yaml',
    name: 'Nextcloud',
    category: 'productivity',
    tagline: 'Files, calendars and contacts that stay yours.',
    description: `A place for a team's files, calendars and contacts, with apps for every device and a MariaDB of its own.

Sign in with the user and password that are shown with your subscription, and change the password first.`,
    icon: icon('Nc', '#0369a1'),
    plans: [
      plan('small', 'Small', 1500, 500, gibi, 20 * gibi),
      plan('medium', 'Medium', 3900, 1000, 3 * gibi, 100 * gibi),
    ],
  },
]
