#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/**
 * Prisma's schema engine where its binary cannot be had: `prisma migrate …` starts this program in its place (see the
 * `db` script) and speaks JSON-RPC 2.0 with it, a document a line, over standard input and output. The engine itself is
 * Prisma's own, compiled to WebAssembly, over the same driver as the server's.
 */
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { migrationAdapter } from './migration-adapter.ts'

type Datasource = { url: string }
type Request = { id: number; method: string; params: unknown }

const write = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

/** Prisma's own codes, by what PostgreSQL said: the database is absent, the password is wrong, nobody answers. */
const prismaCodes: Record<string, string> = { '3D000': 'P1003', '28P01': 'P1000', '42P04': 'P1009' }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'boolean' },
    datasource: { type: 'string' },
    datamodels: { type: 'string', multiple: true },
    'extension-types': { type: 'string' },
  },
})
const datasource: Datasource = values.datasource ? parseDatasource(values.datasource) : { url: '' }

if (values.version) process.stdout.write('schema-engine-cli wasm\n')
else if (positionals[0] === 'cli') await runOnce(positionals[1] ?? '')
else await answerRequests()

/** `cli can-connect-to-database | create-database | drop-database`: the exit code is the answer. */
async function runOnce(command: string): Promise<void> {
  const name = decodeURIComponent(new URL(datasource.url).pathname.slice(1))
  const statements: Record<string, string> = {
    'can-connect-to-database': 'SELECT 1',
    'create-database': `CREATE DATABASE ${pg.escapeIdentifier(name)}`,
    'drop-database': `DROP DATABASE ${pg.escapeIdentifier(name)}`,
  }
  const statement = statements[command]
  if (statement === undefined) return failCommand(`"${command}" is not a command of the schema engine`, 'P1001')
  const address = new URL(datasource.url)
  if (command !== 'can-connect-to-database') address.pathname = '/postgres'
  const client = new pg.Client({ connectionString: address.href })
  try {
    await client.connect()
    await client.query(statement)
  } catch (error) {
    const code = error instanceof pg.DatabaseError && error.code !== undefined ? prismaCodes[error.code] : undefined
    failCommand(error instanceof Error ? error.message : String(error), code ?? 'P1001')
  } finally {
    await client.end().catch(() => {})
  }
}

/** The command line reads all lines of standard error but the first, in which the binary says what it was asked for. */
function failCommand(message: string, code: string): void {
  const logged = (level: string, fields: object) =>
    JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' })
  const fields = { message, error_code: code, is_panic: false }
  process.stderr.write(`${logged('INFO', { message: 'one command' })}\n${logged('ERROR', fields)}`)
  process.exitCode = 1
}

/** One request at a time, in order, until standard input ends. */
async function answerRequests(): Promise<void> {
  // Where the engine panics it tells why, then ends this process.
  const registry = { set_message: (message: string) => void process.stderr.write(`${message}\n`) }
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: registry })
  const { SchemaEngine } = await import('@prisma/schema-engine-wasm')
  const { factory, dropShadows } = migrationAdapter(datasource.url)
  let engine: SchemaEngine | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    const request = parseRequest(line)
    if (!request) continue
    try {
      // It connects at once: a database that does not answer is the answer to the first request.
      engine ??= await SchemaEngine.new({ datamodels: undefined }, () => {}, factory)
      const method: unknown = Reflect.get(engine, request.method === 'getDatabaseVersion' ? 'version' : request.method)
      if (typeof method !== 'function') throw new Error(`the schema engine has no method "${request.method}"`)
      answer(request, await Promise.resolve<unknown>(Reflect.apply(method, engine, [request.params])))
    } catch (error) {
      await dropShadows()
      write({ id: request.id, error: rpcError(error) })
    }
  }
  process.exit()
}

/** The binary prints what `diff` found by a request of its own; the WebAssembly one returns it. */
function answer({ id, method }: Request, result: unknown): void {
  if (method === 'diff' && isRecord(result) && typeof result['stdout'] === 'string') {
    write({ id: -id, method: 'print', params: { content: result['stdout'].replace(/\n$/, '') } })
    write({ id, result: { ...result, stdout: null } })
  } else write({ id, result: result ?? {} })
}

/** The error of the engine as its binary would say it: 4466 is "a known error, or a panic". */
function rpcError(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error)
  const { code, meta } = isRecord(error) ? error : {}
  return { code: 4466, message, data: { is_panic: false, message, meta: meta ?? null, error_code: code ?? null } }
}

function parseDatasource(text: string): Datasource {
  const parsed: unknown = JSON.parse(text)
  if (!isRecord(parsed) || typeof parsed['url'] !== 'string') throw new Error('--datasource has no "url"')
  return { url: parsed['url'] }
}

/** Undefined for an answer to a request of ours: it says only that the text was printed. */
function parseRequest(line: string): Request | undefined {
  const parsed: unknown = JSON.parse(line)
  if (!isRecord(parsed) || typeof parsed['method'] !== 'string' || typeof parsed['id'] !== 'number') return undefined
  return { id: parsed['id'], method: parsed['method'], params: parsed['params'] }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
