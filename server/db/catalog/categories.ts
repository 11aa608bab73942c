const icon = (monogram: string, color: string) => ({ monogram, color })

/** In the order in which they are shown. */
export const seedCategories = [
  { slug: 'databases', name: 'Databases', description: 'Where your data lives.', icon: icon('DB', '#1f6feb') },
  { slug: 'web', name: 'Web', description: 'What people see in their browser.', icon: icon('W', '#0f766e') },
  { slug: 'websites', name: 'Websites', description: 'Write, and others read.', icon: icon('Ws', '#be185d') },
  { slug: 'automation', name: 'Automation', description: 'Work that does itself.', icon: icon('A', '#b45309') },
  { slug: 'development', name: 'Development', description: 'For those who build.', icon: icon('D', '#4338ca') },
  { slug: 'monitoring', name: 'Monitoring', description: 'See how it goes.', icon: icon('M', '#15803d') },
  { slug: 'productivity', name: 'Productivity', description: 'For every day.', icon: icon('P', '#7c3aed') },
  { slug: 'storage', name: 'Storage', description: 'Room for files.', icon: icon('S', '#0e7490') },
  {
    slug: 'messaging',
    name: 'Messaging',
    description: 'Programs that talk to each other.',
    icon: icon('Q', '#c2410c'),
  },
  { slug: 'tools', name: 'Tools', description: 'Small things that help.', icon: icon('T', '#475569') },
] as const
