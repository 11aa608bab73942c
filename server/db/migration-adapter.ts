import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type ErrorCapturingSqlMigrationAwareDriverAdapterFactory,
  type SqlDriverAdapter,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils'
import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** `"char"` (with the quotes): one byte, as `pg_type.typtype` has it. Not `char(n)`. */
const charType: number = pg.types.builtins.CHAR

type MigrationAdapter = {
  factory: ErrorCapturingSqlMigrationAwareDriverAdapterFactory
  /** Drops the shadow databases that a failed request left. */
  dropShadows: () => Promise<void>
}

/**
 * The driver as the schema engine needs it. The adapter of the client differs in three ways that matter here: it splits
 * scripts at every semicolon (also in the body of a function), it opens the main database in place of the shadow
 * database when given a URL, and it does not know the type `"char"`, which the catalog of PostgreSQL is full of.
 */
export function migrationAdapter(url: string): MigrationAdapter {
  const shadows = new Set<string>()
  const drop = async (name: string): Promise<void> => {
    await administer(url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    shadows.delete(name)
  }
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(url),
    async connectToShadowDb() {
      const name = `prisma_migrate_shadow_db_${randomUUID()}`
      await administer(url, `CREATE DATABASE "${name}" TEMPLATE template0`)
      shadows.add(name)
      const address = new URL(url)
      address.pathname = `/${name}`
      const shadow = await connect(address.href)
      const end = shadow.dispose.bind(shadow)
      const dispose = async (): Promise<void> => {
        await end()
        await drop(name)
      }
      return Object.assign(shadow, { dispose })
    },
  })
  return { factory, dropShadows: async () => void (await Promise.all([...shadows].map(drop))) }
}

async function connect(url: string): Promise<SqlDriverAdapter> {
  const pool = new pg.Pool({ connectionString: url })
  const query = pool.query.bind(pool)
  // The adapter refuses `"char"`: it is shown text, and the engine is told afterwards which columns are characters.
  const characters = new WeakMap<object, ReadonlySet<number>>()
  const showingText = async (config: pg.QueryConfig): Promise<pg.QueryResult> => {
    const result = await query(config)
    const found = new Set<number>()
    for (const [index, field] of result.fields.entries()) {
      if (field.dataTypeID !== charType) continue
      field.dataTypeID = pg.types.builtins.TEXT
      found.add(index)
    }
    characters.set(result.rows, found)
    return result
  }
  const adapter = await new PrismaPg(Object.assign(pool, { query: showingText }), {
    disposeExternalPool: true,
  }).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  return Object.assign(adapter, {
    queryRaw: async (statement: SqlQuery): Promise<SqlResultSet> => {
      const { columnNames, columnTypes, rows } = await queryRaw(statement)
      const isCharacter = characters.get(rows)
      const types = columnTypes.map((type, index) => (isCharacter?.has(index) ? ColumnTypeEnum.Character : type))
      return { columnNames, columnTypes: types, rows }
    },
    executeScript: async (script: string): Promise<void> => {
      await query(script).catch((error: unknown) => {
        throw error instanceof pg.DatabaseError ? asAdapterError(error) : error
      })
    },
  })
}

/** Keeps what PostgreSQL said: of any other error the engine prints a number only. */
const asAdapterError = ({ code, severity, message, detail, column, hint }: pg.DatabaseError): DriverAdapterError =>
  new DriverAdapterError({
    kind: 'postgres',
    code: code ?? 'XX000',
    severity: severity ?? 'ERROR',
    message,
    detail,
    column,
    hint,
  })

/** CREATE and DROP DATABASE stand alone: no transaction, no connection to the database itself. */
async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
