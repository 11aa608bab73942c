import type { Database } from '../../db/database.ts'
import { offerTemplate } from './catalog.ts'
import type { Customer } from './customer.ts'

/** What the API told a customer about how to connect, by name. */
export type Told = Readonly<Record<string, string>>

/**
 * A database's own client, as a customer runs one: another subscription of the organization, which gets what the API
 * told and goes in by name and password. First with another password, which must not do.
 */
export type DatabaseClient = {
  image: string
  /** What it is given, and the same with a password that is not the one. */
  variables(told: Told, password: string): Record<string, string>
  /** Asks with the variables of each prefix. A text goes through `/bin/sh -c`. */
  ask(prefix: string): string
  answer(told: Told): string
  refusal: RegExp
}

const uri = (told: Told, password: string) => ({
  URI: (told['uri'] ?? '').replace(told['password'] ?? '', password),
})

export const databaseClients: Readonly<Record<string, DatabaseClient>> = {
  postgres: {
    image: 'postgres:15',
    variables: uri,
    ask: (prefix) => `psql "$$${prefix}_URI" -tAc "select current_user || ' in ' || current_database()"`,
    answer: (told) => `${told['username']} in ${told['database']}`,
    refusal: /password authentication failed/,
  },
  redis: {
    image: 'redis:7',
    variables: uri,
    // What it is refused, it tells and ends well all the same.
    ask: (prefix) => `redis-cli -u "$$${prefix}_URI" ping`,
    answer: () => 'PONG',
    refusal: /WRONGPASS/,
  },
  mariadb: {
    image: 'mariadb:10.11',
    variables: ({ host = '', port = '', database = '', username = '' }, password) => ({
      ...{ HOST: host, PORT: port, DATABASE: database, USERNAME: username, PASSWORD: password },
    }),
    ask: (prefix) =>
      `MYSQL_PWD="$$${prefix}_PASSWORD" mariadb -h "$$${prefix}_HOST" -P "$$${prefix}_PORT" ` +
      `-u "$$${prefix}_USERNAME" "$$${prefix}_DATABASE" -Ne "select concat(user(), ' in ', database())"`,
    answer: (told) => `in ${told['database']}`,
    refusal: /Access denied/,
  },
}

/** Runs it as a subscription of its own, and gives that one's id once the client was answered. */
export async function runClient(
  database: Database,
  customer: Customer,
  slug: string,
  client: DatabaseClient,
  told: Told,
): Promise<string> {
  const given = { RIGHT: client.variables(told, told['password'] ?? ''), WRONG: client.variables(told, 'guessed') }
  const parameters = Object.fromEntries(
    Object.entries(given).flatMap(([prefix, variables]) =>
      Object.entries(variables).map(([name, value]) => [`${prefix}_${name}`, value]),
    ),
  )
  await offerTemplate(database, `${slug}-client`, templateOf(client, Object.keys(parameters)))
  const id = await customer.order({ service: `${slug}-client`, plan: 'nano', parameters })
  await customer.until(id, 'running', 120_000)
  return id
}

/** A job: it runs until it ends well, and that is when it is ready. */
const templateOf = ({ image, ask }: DatabaseClient, names: readonly string[]): string => `
services:
  client:
    image: ${image}
    user: '999:999'
    restart: 'no'
    environment:
${names.map((name) => `      ${name}: \${${name}}`).join('\n')}
    command:
      - sh
      - -c
      - |
        ${ask('WRONG')} 2>&1 || true
        ${ask('RIGHT')}
x-berth:
  isolation: restricted
  parameters:
${names.map((name) => `    ${name}: { type: string, title: ${name}, secret: true }`).join('\n')}
`
