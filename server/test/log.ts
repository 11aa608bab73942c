import { createLog, type Logger, type LogLevel } from '../lib/log.ts'

/** A log that says nothing, or as much as BERTH_TEST_LOG asks for (`debug`, `info`…), on standard error. */
export const testLog = (): Logger => createLog((process.env['BERTH_TEST_LOG'] ?? 'silent') as LogLevel, process.stderr)
