import { generateKeyPair, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { createClock } from '../lib/clock.ts'
import { accessTokenAlgorithm, accessTokenAudience, createAuthentication } from './authentication.ts'
import { reply, route } from './route.ts'
import { status } from './status.ts'
import { serveRoutes } from './testing.ts'

const issuer = 'http://berth.test'
const mine = route({
  method: 'get',
  path: '/mine',
  permission: 'user',
  summary: 'Mine',
  tags: ['Things'],
  responses: { [status.noContent]: { description: 'Nothing' } },
  handler: async () => reply(status.noContent),
})

test('who cannot be recognized because the keys are away is told when to come back', async () => {
  const { privateKey } = await generateKeyPair(accessTokenAlgorithm)
  const token = await new SignJWT({ sid: 's' })
    .setProtectedHeader({ alg: accessTokenAlgorithm, kid: 'k', typ: 'at+jwt' })
    .setSubject('u')
    .setAudience(accessTokenAudience)
    .setIssuer(issuer)
    .setExpirationTime('1h')
    .sign(privateKey)
  const away = () => Promise.reject(new Error('the database is away'))
  const authentication = createAuthentication({
    publicKey: away,
    readSession: away,
    accessTokens: { recognizes: () => false, authenticate: away, owner: away },
    clock: createClock(),
    issuer,
  })
  const idempotency = { run: away, removeExpired: async () => 0 }
  const server = await serveRoutes([mine], { authentication, idempotency })
  onTestFinished(() => server.stop())
  const answer = await server.send('GET', '/api/v1/mine', { token })
  expect(answer).toMatchObject({ status: 503, body: { code: 'SIGNING_KEYS_UNAVAILABLE' } })
  expect(answer.headers.get('retry-after')).toBe('5')
})
