import { defineConfig } from 'vitest/config'
import { SlowestFirst } from './test/kit/slowest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    sequence: { sequencer: SlowestFirst },
    // They end what hangs and say nothing about speed: on a busy machine everything may take ten times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 240_000 } },
    // A test that fails once and passes the next time is a defect: never retried.
    retry: 0,
    reporters: ['default']
  }
})
