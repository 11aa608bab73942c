import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { isRetryable } from './errors.ts'
import { Prisma, PrismaClient } from './generated/client.ts'
import { createListener, type NotifyHandler } from './listener.ts'
import { createStatementNames } from './statement-names.ts'

export { constraintOf } from './errors.ts'
export { Prisma }

export type Db = PrismaClient
export type Tx = Prisma.TransactionClient

export type Database = {
  prisma: Db
  /** For hot SQL inside db/ and jobs/ only. */
  pool: pg.Pool
  /** One statement outside any transaction. `bigint` columns come as text, as `pg` gives them. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** The same for a search, whose best plan depends on what is searched: planned for its values each time. */
  search<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /**
   * READ COMMITTED. Serialization failures and deadlocks are tried again, so `work` must do nothing but statements on
   * `tx`: no network, no outer client. To act on the commit, use NOTIFY or enqueue a job in it.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Calls `onNotify` for every notification on the channel, and with '' after the connection had been lost (some may
   * have been missed). Resolves once it listens, to a function that ends it.
   */
  listen(channel: string, onNotify: NotifyHandler): Promise<() => Promise<void>>
  close(): Promise<void>
}

type Options = {
  url: string
  maxConnections?: number
  /** How long one waits for a connection, be it to be made or to be free. */
  patienceMilliseconds?: number
  log: Logger
}

const attempts = 5

/** Connects on first use. */
export function openDatabase({ url, maxConnections = 10, patienceMilliseconds = 10_000, log }: Options): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: patienceMilliseconds,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'berth',
    // Prisma sends the parts of an `include` at once, also on the one connection of a transaction.
    pipeline: true,
  })
  let closing = false
  pool.on('error', (error) => {
    // The pool hangs the whole client on the error: its message is what helps.
    if (!closing) log.warn(`an idle PostgreSQL connection was lost: ${messageOf(error)}`)
  })
  const nameOf = createStatementNames()
  const adapter = new PrismaPg(pool, { statementNameGenerator: ({ sql }) => nameOf(sql) ?? '' })
  const prisma = new PrismaClient({ adapter })
  const listener = createListener({ url, log })
  const options = { ...transactionOptions, maxWait: patienceMilliseconds }

  return {
    prisma,
    pool,
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>({ name: nameOf(sql), text: sql, values: [...values] })).rows,
    search: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    transaction: (work) => withRetries(() => prisma.$transaction(work, options)),
    listen: (channel, onNotify) => listener.listen(channel, onNotify),
    async close() {
      closing = true
      await listener.close()
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

/** A transaction may wait for the lock on a busy cluster's row; one that is longer than this is a defect. */
const transactionOptions = {
  isolationLevel: Prisma.TransactionIsolationLevel.ReadCommitted,
  timeout: 30_000,
}

async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
    }
  }
}
