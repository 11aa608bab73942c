import { createLog, type Logger } from '../lib/log.ts'
import { keepLog } from './log-watch.ts'

/** Everything is kept for the search for secrets; standard error hears it where BERTH_TEST_LOG is set. */
export const testLog = (): Logger =>
  createLog('debug', {
    write(line) {
      keepLog(line)
      if (process.env['BERTH_TEST_LOG']) process.stderr.write(line)
    },
  })
