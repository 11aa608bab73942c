import { createLog, type Logger } from '../lib/log.ts'
import type { Config } from '../config/types.ts'

/** JSON for machines; on a terminal, where nothing else was asked for, lines for eyes. */
export async function createServerLog({ logLevel, logFormat }: Config): Promise<Logger> {
  if ((logFormat ?? (process.stdout.isTTY ? 'pretty' : 'json')) === 'json') return createLog(logLevel)
  const { default: pretty } = await import('pino-pretty')
  return createLog(logLevel, pretty({ colorize: process.stdout.isTTY, ignore: 'pid,hostname', sync: true }))
}
