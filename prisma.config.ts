import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: 'server/db/schema.prisma',
  migrations: { path: 'server/db/migrations' },
  // Commands that only read the schema run without a database: an empty address is right for them.
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
})
