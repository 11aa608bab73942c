import { randomBytes, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateSecrets } from './secrets.ts'
import type { SecretSpec } from './spec.ts'

const secrets: SecretSpec[] = [
  { name: 'TOKEN', kind: 'jwt', role: 'anon', signedBy: 'KEY' },
  { name: 'USER', kind: 'user', length: 16 },
  { name: 'KEY', kind: 'password', length: 64 },
  { name: 'BYTES', kind: 'base64', bytes: 32 },
  { name: 'HEX', kind: 'hex', bytes: 32 },
]

describe('generated values', () => {
  it('have the form that their names promise', () => {
    const values = generateSecrets({ secrets }, randomBytes)
    expect(values['USER']).toMatch(/^[A-Za-z][A-Za-z0-9]{15}$/)
    expect(values['KEY']).toMatch(/^[A-Za-z0-9]{64}$/)
    expect(Buffer.from(values['BYTES'] ?? '', 'base64')).toHaveLength(32)
    expect(values['HEX']).toMatch(/^[0-9a-f]{64}$/)
  })

  it('differ from one subscription to the next', () => {
    expect(generateSecrets({ secrets }, randomBytes)['KEY']).not.toBe(generateSecrets({ secrets }, randomBytes)['KEY'])
  })

  it('are never changed by a later revision, which only adds', () => {
    const first = generateSecrets({ secrets: secrets.slice(2, 3) }, randomBytes)
    expect(generateSecrets({ secrets }, randomBytes, first)['KEY']).toBe(first['KEY'])
  })

  it('do not favour some characters', () => {
    const seen = new Map<string, number>()
    const long: SecretSpec = { name: 'LONG', kind: 'password', length: 62_000 }
    for (const character of generateSecrets({ secrets: [long] }, randomBytes)['LONG'] ?? '') {
      seen.set(character, (seen.get(character) ?? 0) + 1)
    }
    expect(seen.size).toBe(62)
    expect(Math.max(...seen.values()) / Math.min(...seen.values())).toBeLessThan(1.6)
  })

  it('sign a token that whoever holds the key accepts', () => {
    const { TOKEN = '', KEY = '' } = generateSecrets({ secrets }, randomBytes)
    const [header, body, signature] = TOKEN.split('.')
    expect(createHmac('sha256', KEY).update(`${header}.${body}`).digest('base64url')).toBe(signature)
    expect(JSON.parse(Buffer.from(body ?? '', 'base64url').toString())).toMatchObject({ role: 'anon' })
  })
})
