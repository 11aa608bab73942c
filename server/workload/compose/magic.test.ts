import { describe, expect, it } from 'vitest'
import { magicOf } from './magic.ts'

describe('the magic variables of public templates', () => {
  it.each([
    ['SERVICE_USER_DB', { kind: 'user', length: 16 }],
    ['SERVICE_PASSWORD_DB', { kind: 'password', length: 32 }],
    ['SERVICE_PASSWORD_64_DB', { kind: 'password', length: 64 }],
    ['SERVICE_PASSWORDWITHSYMBOLS_DB', { kind: 'symbols', length: 32 }],
    ['SERVICE_PASSWORD_1', { kind: 'password', length: 32 }],
    ['SERVICE_PASSWORD_10', { kind: 'password', length: 32 }],
    ['SERVICE_HEX_8_KEY', { kind: 'hex', bytes: 32 }],
    ['SERVICE_BASE64_KEY', { kind: 'random', length: 32 }],
    ['SERVICE_BASE64_32_KEY', { kind: 'random', length: 32 }],
    ['SERVICE_BASE64_128_KEY', { kind: 'random', length: 128 }],
    ['SERVICE_REALBASE64_KEY', { kind: 'base64', bytes: 32 }],
    ['SERVICE_REALBASE64_128', { kind: 'base64', bytes: 128 }],
    ['SERVICE_HEX_32_KEY', { kind: 'hex', bytes: 32 }],
    ['SERVICE_HEX_64_KEY', { kind: 'hex', bytes: 64 }],
  ])('%s is generated', (name, expected) => {
    expect(magicOf(name)).toEqual({ is: 'secret', secrets: [{ name, ...expected }] })
  })

  it.each([
    ['SERVICE_URL_WEB', { is: 'url', site: 'WEB' }],
    ['SERVICE_URL_WEB_8080', { is: 'url', site: 'WEB', port: 8080 }],
    ['SERVICE_FQDN_MY_APP_80', { is: 'host', site: 'MY_APP', port: 80 }],
    ['SERVICE_NAME_MY_APP', { is: 'sibling', service: 'MY_APP' }],
    ['SERVICE_HOST_DB', { is: 'address', service: 'DB' }],
  ])('%s is computed', (name, expected) => {
    expect(magicOf(name)).toEqual(expected)
  })

  it.each(['SERVICE_DISABLE_REGISTRATION', 'SERVICE_ACCOUNT_ID', 'PASSWORD', 'MY_SERVICE_PASSWORD_X', 'SERVICE_'])(
    '%s is an ordinary variable',
    (name) => {
      expect(magicOf(name)).toBeUndefined()
    },
  )

  it('signs a token with the secret that its name implies', () => {
    expect(magicOf('SERVICE_SUPABASEANON_KEY')).toMatchObject({
      is: 'secret',
      secrets: [{ name: 'SERVICE_PASSWORD_JWT' }, { kind: 'jwt', role: 'anon', signedBy: 'SERVICE_PASSWORD_JWT' }],
    })
  })
})
