import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{server,simulator,pod-security,client,demo,bench,deploy}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['server/test/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
