import { expect, test } from 'vitest'
import { defaultSender, parseMailAddress, parseMailServer } from './mail.ts'

test.each([
  ['smtps://mail.example.com', { port: 465, encryptedFromTheStart: true, tls: 'opportunistic' }],
  ['smtp://mail.example.com', { port: 587, encryptedFromTheStart: false, tls: 'opportunistic' }],
  ['smtp://localhost:1025', { host: 'localhost', port: 1025, tls: 'opportunistic' }],
  ['smtp://[::1]:25', { host: '::1', port: 25 }],
  ['smtp://mail.example.com?tls=off', { tls: 'off' }],
  ['smtp://u%40x:p%2Fw%3F@mail.example.com', { login: { user: 'u@x', password: 'p/w?' }, tls: 'required' }],
  ['smtp://u:p@127.0.0.1:25', { tls: 'opportunistic' }],
  ['smtp://u:p@mail.example.com?tls=opportunistic', { tls: 'opportunistic' }],
] as const)('%s is understood', (text, server) => {
  expect(parseMailServer(text)).toMatchObject(server)
})

test.each([
  'mail.example.com',
  'http://mail.example.com',
  'smtp://',
  'smtp://mail.example.com/path',
  'smtp://mail.example.com?tls=maybe',
  'smtp://mail.example.com?pool=true',
  'smtp://mail.example.com?tls=required&secure=false',
  'smtp://:password@mail.example.com',
  'smtp://u:%zz@mail.example.com',
])('%s is refused at the start, not at the first mail', (text) => {
  expect(parseMailServer(text)).toBeUndefined()
})

const anything = () => true
test.each([
  ['ada@example.org', { name: 'Berth', address: 'ada@example.org' }],
  ['Example Cloud <no-reply@example.com>', { name: 'Example Cloud', address: 'no-reply@example.com' }],
  ['"Example, Cloud" <no-reply@example.com>', { name: 'Example, Cloud', address: 'no-reply@example.com' }],
])('%s is a sender', (text, sender) => {
  expect(parseMailAddress(text, anything)).toEqual(sender)
})

test('a sender cannot bring a header along', () => {
  expect(parseMailAddress('Berth\r\nBcc: x <a@example.org>', (address) => !/\s/.test(address))).toBeUndefined()
})

test('the sender is of the host that people know, and never of a number', () => {
  expect(defaultSender('https://berth.example.com:8443/x').address).toBe('berth@berth.example.com')
  expect(defaultSender('http://192.168.1.4:3000').address).toBe('berth@localhost')
  expect(defaultSender('http://[::1]:3000').address).toBe('berth@localhost')
})
