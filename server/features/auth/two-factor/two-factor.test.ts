import { generateSync } from 'otplib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../../db/database.ts'
import { testDatabase, type TestDatabase } from '../../../test/database.ts'
import { codeOf, serveApi, testPassword, tokenIn, type SignedIn, type TestApi } from '../testing.ts'
import { stepOfCode } from './totp.ts'

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const stepMilliseconds = 30_000
const proof = { password: testPassword }
const codeAt = (secret: string, time: Date) => generateSync({ secret, epoch: Math.floor(time.getTime() / 1000) })
const code = (secret: string) => codeAt(secret, api.clock.systemNow())
/** A code that was not used yet. */
const nextCode = (secret: string) => {
  api.clock.move(stepMilliseconds)
  return code(secret)
}
const ask = (method: string, path: string, { accessToken: token }: SignedIn, body?: object) =>
  api.send(method, `/api/v1${path}`, { token, body })
const login = (email: string) =>
  api.send('POST', '/api/v1/auth/login', { body: { email, password: testPassword, tokenDelivery: 'body' } })
const second = (body: object) =>
  api.send('POST', '/api/v1/auth/two-factor', { body: { ...body, tokenDelivery: 'body' } })
const challengeOf = ({ body }: { body: unknown }) => z.object({ challenge: z.string() }).parse(body).challenge
const challenged = async (email: string) => challengeOf(await login(email))
const codesOf = ({ body }: { body: unknown }) =>
  z.object({ recoveryCodes: z.array(z.string()) }).parse(body).recoveryCodes
const kindsTo = async (email: string) => (await api.mailsTo(email)).map(({ kind }) => kind)

async function enrolled(role?: 'ADMINISTRATOR') {
  const person = await api.signIn(role)
  const { secret } = z.object({ secret: z.string() }).parse((await ask('POST', '/me/two-factor', person, proof)).body)
  const confirmed = await ask('POST', '/me/two-factor/confirm', person, { code: code(secret) })
  return { person, secret, recoveryCodes: codesOf(confirmed) }
}

describe('setting up', () => {
  test('needs the password, shows a QR code, and counts only once a code of the app was sent', async () => {
    const person = await api.signIn()
    expect(codeOf(await ask('POST', '/me/two-factor', person, { password: 'wrong' }))).toBe('REAUTHENTICATION_FAILED')
    const { body } = await ask('POST', '/me/two-factor', person, proof)
    const { secret, uri, qrCode } = z.object({ secret: z.string(), uri: z.string(), qrCode: z.string() }).parse(body)
    expect(uri).toMatch(/^otpauth:\/\/totp\/Berth:/)
    expect(qrCode).toContain('<svg')
    expect((await login(person.email)).status).toBe(200)
    expect(codeOf(await ask('POST', '/me/two-factor/confirm', person, { code: '000000' }))).toBe(
      'TWO_FACTOR_CODE_INVALID',
    )
    expect(codesOf(await ask('POST', '/me/two-factor/confirm', person, { code: code(secret) }))).toHaveLength(10)
    expect(codeOf(await login(person.email))).toBe('TWO_FACTOR_CODE_REQUIRED')
    expect(await kindsTo(person.email)).toContain('two-factor-enabled')
    expect(codeOf(await ask('POST', '/me/two-factor', person, { ...proof, code: nextCode(secret) }))).toBe(
      'TWO_FACTOR_ENABLED',
    )
  })

  test('neither the secret nor a recovery code is stored in clear, logged or audited', async () => {
    const { secret, recoveryCodes } = await enrolled()
    const dump = await database.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM two_factors t UNION ALL SELECT to_jsonb(r)::text FROM recovery_codes r
       UNION ALL SELECT to_jsonb(a)::text FROM audit_events a`,
    )
    const written = JSON.stringify(dump) + JSON.stringify(api.logged)
    for (const hidden of [secret, ...recoveryCodes]) expect(written).not.toContain(hidden)
  })
})

describe('logging in', () => {
  test('the password alone opens no session', async () => {
    const { person, secret } = await enrolled()
    const before = await database.prisma.session.count({ where: { userId: person.userId } })
    const answer = await login(person.email)
    expect([answer.status, answer.body]).toMatchObject([401, { twoFactorRequired: true }])
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await database.prisma.session.count({ where: { userId: person.userId } })).toBe(before)
    const challenge = challengeOf(answer)
    expect(codeOf(await api.send('GET', '/api/v1/me', { token: challenge }))).toBe('TOKEN_INVALID')
    expect((await second({ challenge, code: nextCode(secret) })).status).toBe(200)
  })

  test('a code is taken once, also by two logins at the same moment', async () => {
    const { person, secret } = await enrolled()
    const challenges = await Promise.all([1, 2, 3, 4].map(() => challenged(person.email)))
    const shared = nextCode(secret)
    const answers = await Promise.all(challenges.map((challenge) => second({ challenge, code: shared })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401])
  })

  test('a recovery code is taken once, also by two logins at the same moment, and a wrong one says what to do', async () => {
    const { person, recoveryCodes } = await enrolled()
    const challenges = await Promise.all([1, 2, 3, 4].map(() => challenged(person.email)))
    const [recoveryCode] = recoveryCodes
    const answers = await Promise.all(challenges.map((challenge) => second({ challenge, recoveryCode })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401])
    const refused = answers.find(({ status }) => status === 401)
    expect(refused?.body).toMatchObject({
      code: 'TWO_FACTOR_CODE_INVALID',
      detail: expect.stringContaining('another one') as unknown,
    })
  })

  test('a challenge is over with its login, after five codes, and after five minutes', async () => {
    const { person, secret } = await enrolled()
    const challenge = await challenged(person.email)
    expect((await second({ challenge, code: nextCode(secret) })).status).toBe(200)
    expect(codeOf(await second({ challenge, code: nextCode(secret) }))).toBe('TWO_FACTOR_CHALLENGE_INVALID')

    const tried = await challenged(person.email)
    const wrong = await Promise.all(Array.from({ length: 8 }, () => second({ challenge: tried, code: '000000' })))
    expect(wrong.filter((answer) => codeOf(answer) === 'TWO_FACTOR_CODE_INVALID')).toHaveLength(5)
    expect(codeOf(await second({ challenge: tried, code: nextCode(secret) }))).toBe('TWO_FACTOR_CHALLENGE_INVALID')

    const late = await challenged(person.email)
    api.clock.move(5 * 60_000 + 1)
    expect(codeOf(await second({ challenge: late, code: code(secret) }))).toBe('TWO_FACTOR_CHALLENGE_INVALID')
  })

  test('who knows the password cannot try codes with one challenge after the other', async () => {
    const { person } = await enrolled()
    await database.prisma.oneTimeToken.createMany({
      data: Array.from({ length: 5 }, (_, index) => ({
        id: crypto.randomUUID(),
        kind: 'TWO_FACTOR_CHALLENGE' as const,
        userId: person.userId,
        tokenHash: new Uint8Array(32).fill(index).map((byte, at) => byte + at),
        attempts: 5,
        expiresAt: api.clock.systemNow(),
        createdAt: api.clock.systemNow(),
      })),
    })
    expect(codeOf(await login(person.email))).toBe('TWO_FACTOR_LOCKED')
    api.clock.move(60 * 60_000 + 1)
    expect(codeOf(await login(person.email))).toBe('TWO_FACTOR_CODE_REQUIRED')
  })

  test('who gathers challenges first tries no more codes with them than 25 an hour, also all at once', async () => {
    const { person, secret } = await enrolled()
    const challenges = await Promise.all(Array.from({ length: 7 }, () => challenged(person.email)))
    const wrong = challenges.flatMap((challenge) => Array.from({ length: 5 }, () => ({ challenge, code: '000000' })))
    const codes = (await Promise.all(wrong.map(second))).map(codeOf)
    expect(codes.filter((one) => one === 'TWO_FACTOR_CODE_INVALID')).toHaveLength(25)
    expect(codes.filter((one) => one === 'TWO_FACTOR_LOCKED').length).toBeGreaterThan(0)
    const right = await Promise.all(challenges.map((challenge) => second({ challenge, code: nextCode(secret) })))
    expect(right.map(({ status }) => status)).not.toContain(200)
  })

  test('right codes are not counted as wrong ones: who logs in often is not locked out', async () => {
    const { person, secret } = await enrolled()
    for (let logins = 0; logins < 26; logins += 1) {
      const answer = await second({ challenge: await challenged(person.email), code: nextCode(secret) })
      expect(answer.status).toBe(200)
    }
  })

  test('a recovery code works once, however it is typed, and its owner is told', async () => {
    const { person, recoveryCodes } = await enrolled()
    const recoveryCode = (recoveryCodes[0] ?? '').toUpperCase().replaceAll('-', ' ')
    expect((await second({ challenge: await challenged(person.email), recoveryCode })).status).toBe(200)
    const again = await second({ challenge: await challenged(person.email), recoveryCode })
    expect(codeOf(again)).toBe('TWO_FACTOR_CODE_INVALID')
    const told = (await api.mailsTo(person.email)).filter(({ kind }) => kind === 'recovery-code-used')
    expect(told).toMatchObject([{ data: { left: 9 } }])
  })

  test('a password that was reset by mail does not replace the second factor, and ends half-done logins', async () => {
    const { person, secret } = await enrolled()
    const open = await challenged(person.email)
    await api.send('POST', '/api/v1/auth/forgot-password', { body: { email: person.email } })
    const mail = (await api.mailsTo(person.email)).findLast(({ kind }) => kind === 'reset-password')
    const body = { token: tokenIn(mail), password: testPassword }
    expect((await api.send('POST', '/api/v1/auth/reset-password', { body })).status).toBe(204)
    expect(codeOf(await second({ challenge: open, code: nextCode(secret) }))).toBe('TWO_FACTOR_CHALLENGE_INVALID')
    expect(codeOf(await login(person.email))).toBe('TWO_FACTOR_CODE_REQUIRED')
  })

  test('a deactivated user gets no further with a challenge from before', async () => {
    const { person, secret } = await enrolled()
    const challenge = await challenged(person.email)
    await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
    expect(codeOf(await second({ challenge, code: nextCode(secret) }))).toBe('TWO_FACTOR_CHALLENGE_INVALID')
  })
})

describe('changing it', () => {
  test('a stolen session removes no second factor: that takes the password and a code', async () => {
    const { person, secret } = await enrolled()
    for (const body of [proof, { ...proof, code: '000000' }, { password: 'wrong', code: nextCode(secret) }])
      expect(codeOf(await ask('DELETE', '/me/two-factor', person, body))).toBe('REAUTHENTICATION_FAILED')
    expect((await ask('DELETE', '/me/two-factor', person, { ...proof, code: nextCode(secret) })).status).toBe(204)
    expect((await login(person.email)).status).toBe(200)
    expect(await kindsTo(person.email)).toContain('two-factor-disabled')
  })

  test('new recovery codes end the earlier ones', async () => {
    const { person, secret, recoveryCodes } = await enrolled()
    const renewed = await ask('POST', '/me/two-factor/recovery-codes', person, { ...proof, code: nextCode(secret) })
    expect(codesOf(renewed)).toHaveLength(10)
    expect((await api.mailsTo(person.email)).map(({ kind }) => kind)).toContain('recovery-codes-renewed')
    const old = { challenge: await challenged(person.email), recoveryCode: recoveryCodes[1] }
    expect(codeOf(await second(old))).toBe('TWO_FACTOR_CODE_INVALID')
    expect((await second({ ...old, recoveryCode: codesOf(renewed)[1] })).status).toBe(200)
    expect((await ask('GET', '/me/two-factor', person)).body).toMatchObject({ enabled: true, recoveryCodesLeft: 9 })
  })

  test('the password changes only with a code, too', async () => {
    const { person, secret } = await enrolled()
    const body = { ...proof, newPassword: 'a quite different phrase' }
    const refused = await ask('POST', '/me/change-password', person, body)
    expect(refused.body).toMatchObject({ code: 'REAUTHENTICATION_FAILED', errors: [{ pointer: '/code' }] })
    const used = await ask('POST', '/me/change-password', person, { ...body, recoveryCode: 'abcde' })
    expect(used.body).toMatchObject({ errors: [{ pointer: '/recoveryCode', detail: 'is wrong, or was used before' }] })
    expect((await ask('POST', '/me/change-password', person, { ...body, code: nextCode(secret) })).status).toBe(204)
  })
})

describe('where administrators must have one', () => {
  let strict: TestApi
  beforeAll(async () => {
    strict = await serveApi(database, () => [], { settings: { adminTwoFactor: 'required' }, secretBox: api.secretBox })
  })
  afterAll(() => strict.stop())

  test('one without may set it up and leave, and do nothing else: not with a token for machines either', async () => {
    const person = await strict.signIn('ADMINISTRATOR')
    const send = (method: string, path: string, body?: object, token = person.accessToken) =>
      strict.send(method, `/api/v1${path}`, { token, body })
    const machine = await strict.personalToken(person, ['account:read', 'account:write'])
    expect(codeOf(await send('PATCH', '/me', {}))).toBe('TWO_FACTOR_REQUIRED')
    expect(codeOf(await send('POST', '/auth/signing-keys/rotate'))).toBe('TWO_FACTOR_REQUIRED')
    expect(codeOf(await send('PATCH', '/me', {}, machine))).toBe('TWO_FACTOR_REQUIRED')
    expect((await send('GET', '/me')).status).toBe(200)
    expect((await send('GET', '/me/two-factor')).body).toMatchObject({ required: true, enabled: false })
    const { secret } = z.object({ secret: z.string() }).parse((await send('POST', '/me/two-factor', proof)).body)
    const now = codeAt(secret, strict.clock.systemNow())
    expect((await send('POST', '/me/two-factor/confirm', { code: now })).status).toBe(200)
    expect((await send('PATCH', '/me', {})).status).toBe(200)
    strict.clock.move(stepMilliseconds)
    const body = { ...proof, code: codeAt(secret, strict.clock.systemNow()) }
    expect(codeOf(await send('DELETE', '/me/two-factor', body))).toBe('TWO_FACTOR_REQUIRED')
  })

  test('customers need none', async () => {
    const person = await strict.signIn()
    expect((await strict.send('PATCH', '/api/v1/me', { token: person.accessToken, body: {} })).status).toBe(200)
  })
})

test('codes are those of RFC 6238, one step early or late, and never older than the last one', async () => {
  // Appendix B: the secret is the ASCII text "12345678901234567890"; of its eight digits the last six.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  const now = new Date(1_111_111_109_000)
  const step = BigInt(Math.floor(1_111_111_109 / 30))
  expect(await stepOfCode(secret, '081804', { now, lastUsedStep: null })).toBe(step)
  const late = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  expect(await stepOfCode(secret, '081804', { now: late(30), lastUsedStep: null })).toBe(step)
  expect(await stepOfCode(secret, '081804', { now: late(-30), lastUsedStep: null })).toBe(step)
  for (const away of [61, -61])
    expect(await stepOfCode(secret, '081804', { now: late(away), lastUsedStep: null })).toBeUndefined()
  expect(await stepOfCode(secret, '081804', { now, lastUsedStep: step })).toBeUndefined()
})
