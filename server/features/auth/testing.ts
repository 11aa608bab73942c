import { randomBytes, randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import type { Config } from '../../config/types.ts'
import type { Database } from '../../db/database.ts'
import { createIdempotency } from '../../http/idempotency.ts'
import type { AppOptions } from '../../http/app.ts'
import { createFailureCounters } from '../../http/rate-limits/failure-counters.ts'
import type { Route } from '../../http/route.ts'
import type { JobQueue } from '../../jobs/job.ts'
import { createJobQueue } from '../../jobs/queue.ts'
import type { Scope } from '../../http/scopes.ts'
import { serveRoutes, testConfig, type TestServer } from '../../http/testing.ts'
import { testLog } from '../../test/log.ts'
import { createClock, type Clock } from '../../lib/clock.ts'
import { createSecretBox, type SecretBox } from '../../lib/secret-box.ts'
import { createTokenAuthentication } from '../access-tokens/authentication.ts'
import { insertToken } from '../access-tokens/store.ts'
import { hashToken, hintOf, newToken } from '../access-tokens/token.ts'
import { createLog } from '../../lib/log.ts'
import { parseMail, type Mail } from '../notifications/mails.ts'
import { createNotifications, mailPlace, sendMailJob, type Notifications } from '../notifications/service.ts'
import { accountsFeature } from '../accounts/index.ts'
import { createAccounts } from '../accounts/service.ts'
import { createAuthFeature } from './index.ts'
import { hashPassword } from './service.ts'
import { signAccessToken } from './tokens.ts'

/** The API over a real database, for tests: people who sign in for real, and whatever routes are under test. */

export type TestClock = Clock & { move(milliseconds: number): void }
/** Real time, moved ahead by a test. */
export function createTestClock(): TestClock {
  const real = createClock()
  let ahead = 0
  const now = () => new Date(real.systemNow().getTime() + ahead)
  return { systemNow: now, businessNow: now, move: (milliseconds) => void (ahead += milliseconds) }
}

export type SignedIn = {
  userId: string
  organizationId: string
  email: string
  accessToken: string
  refreshToken: string
}
export type TestApi = TestServer & {
  clock: TestClock
  secretBox: SecretBox
  auth: ReturnType<typeof createAuthFeature>
  notifications: Notifications
  /** What was mailed to that address, oldest first: nothing is sent, and the links in it work. */
  mailsTo(email: string): Promise<Mail[]>
  /** A new user, signed in. */
  signIn(role?: 'USER' | 'ADMINISTRATOR'): Promise<SignedIn>
  /** An access token of that sign-in that ran out an hour ago. */
  expiredToken(person: SignedIn): Promise<string>
  /** A personal access token of that person. */
  personalToken(person: SignedIn, scopes: readonly Scope[]): Promise<string>
}
/** What a test's own routes may be made of. */
export type TestParts = Pick<TestApi, 'clock' | 'secretBox' | 'auth' | 'notifications'> & { database: Database }
type Options = Partial<AppOptions> & {
  secretBox?: SecretBox
  jobs?: JobQueue
  /** What differs from the settings of other tests. */
  settings?: Partial<Config>
}

export const testPassword = 'correct horse battery staple'

export async function serveApi(
  database: Database,
  routesOf: (parts: TestParts) => readonly Route[] = () => [],
  {
    secretBox = createSecretBox([{ id: 'test', key: randomBytes(32) }]),
    jobs = mailQueue(database),
    settings = {},
    ...options
  }: Options = {},
): Promise<TestApi> {
  const clock = createTestClock()
  const idempotency = createIdempotency({ database, secretBox, clock })
  const accounts = createAccounts({ database, clock })
  const accessTokens = createTokenAuthentication({ database, clock, log: testLog() })
  const notifications = createNotifications({ jobs, secretBox })
  const auth = createAuthFeature({
    database,
    secretBox,
    clock,
    config: { ...testConfig, ...settings },
    accounts,
    accessTokens,
    notifications,
    idempotency,
    counters: createFailureCounters(),
  })
  const parts = { database, clock, secretBox, auth, notifications }
  const routes = [
    ...auth.feature.routes,
    ...accountsFeature({ ...parts, accounts, auth: auth.auth, sessions: auth.sessions }).routes,
    ...routesOf(parts),
  ]
  const server = await serveRoutes(routes, { authentication: auth.authentication, idempotency, ...options })
  const passwordHash = await hashPassword(testPassword)
  const context = { requestId: 'test', ipAddress: '127.0.0.1' }
  return {
    ...server,
    ...parts,
    async mailsTo(recipient) {
      const rows = await database.prisma.notification.findMany({ where: { recipient }, orderBy: { id: 'asc' } })
      return rows.map(({ id, kind, dataEncrypted }) =>
        parseMail(kind, secretBox.open(dataEncrypted ?? '', mailPlace(id))),
      )
    },
    async stop() {
      await server.stop()
      await auth.feature.stop()
      await jobs.stop()
    },
    async expiredToken({ userId, accessToken }) {
      const sessionId = String(decodeJwt(accessToken)['sid'])
      const issuedAt = new Date(clock.systemNow().getTime() - 3_600_000)
      return signAccessToken(auth.signingKeys, { userId, sessionId, issuer: testConfig.publicUrl, issuedAt })
    },
    async personalToken({ userId }, scopes) {
      const token = newToken()
      const [tokenHash, hint, createdAt] = [hashToken(token), hintOf(token), clock.systemNow()]
      await database.transaction((tx) =>
        insertToken(tx, { userId, name: 'test', hint, tokenHash, scopes: [...scopes], expiresAt: null, createdAt }),
      )
      return token
    },
    async signIn(role = 'USER') {
      const email = `${randomUUID()}@example.org`
      const made = await database.transaction((tx) =>
        accounts.createUser(tx, { email, name: 'Ada Example', passwordHash, role }),
      )
      if (!made) throw new Error('the address is taken')
      const issued = await database.transaction((tx) => auth.sessions.open(tx, { id: made.user.id }, context))
      const { accessToken, refreshToken } = await auth.sessions.pairOf(issued)
      return { userId: made.user.id, organizationId: made.organization.id, email, accessToken, refreshToken }
    },
  }
}

/** The code of a problem. */
export const codeOf = ({ body }: { body: unknown }): string => z.object({ code: z.string() }).parse(body).code

/** The secret in the link of a mail. */
export function tokenIn(mail: Mail | undefined): string {
  const { data } = z.object({ data: z.object({ link: z.string() }) }).parse(mail)
  return data.link.slice(data.link.indexOf('#token=') + '#token='.length)
}

/** Keeps mails' jobs and works none. Its tables are made with the first one: most tests need none. */
function mailQueue(database: Database): JobQueue {
  const queue = createJobQueue({ database, log: createLog('silent') })
  let prepared: Promise<void> | undefined
  return {
    ...queue,
    async enqueue(...job) {
      await (prepared ??= queue.prepare([{ name: sendMailJob, run: async () => {} }]))
      await queue.enqueue(...job)
    },
  }
}
