import { pino, type Logger } from 'pino'

export type { Logger }
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Field names whose values never reach a log line, wherever they stand in the first three levels. */
const secretFields = [
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'secret',
  'kubeconfig',
  'credentials',
]

/** Structured logs, one JSON object a line, on the given stream (standard output where none is given). */
export const createLog = (level: LogLevel, destination?: { write(line: string): void }): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    },
    destination ?? pino.destination(1),
  )
