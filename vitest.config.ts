import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that fails once and passes the next time is a defect: never retried.
    retry: 0,
    reporters: ['default']
  }
})
