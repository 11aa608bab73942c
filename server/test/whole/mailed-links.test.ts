import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleMails } from '../../features/notifications/testing.ts'
import { hasBrowser, openBrowser } from '../browser.ts'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import { startMailServer, type TestMailServer } from '../mail-server.ts'
import type { Berth } from './berth.ts'
import { administrator, register } from './customer.ts'
import { fillByHand, fillInBrowser, type FollowLink } from './link-pages.ts'
import { setStage, startOn, type Stage } from './stage.ts'

/**
 * From what somebody asks for, over the mail that a mail server took and the page that its link opens, to what the page
 * sends to the API: nothing in between is played by a test. Once as the page's form tells it, once in Chromium.
 */
const publicUrl = 'https://berth.test'
const password = 'another long passphrase'

let stage: Stage
let berth: Berth
let mail: TestMailServer
let browser: Browser | undefined
beforeAll(async () => {
  const [simulator] = kubernetesTargets()
  if (!simulator) throw new Error('there is no simulator')
  mail = await startMailServer()
  stage = await setStage(simulator.start)
  berth = await startOn(stage, undefined, { SMTP_URL: mail.url, BERTH_PUBLIC_URL: publicUrl })
  if (hasBrowser) browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await berth?.stop()
  await stage?.strike()
  await mail?.stop()
})

const addressesOf = ({ to }: (typeof mail.mails)[number]) => [to ?? []].flat().flatMap(({ value }) => value)
const linksIn = (text: string) => [...text.matchAll(/https?:\/\/[^\s"<]+/g)].map(([link]) => link)

/** The link that the latest mail of this subject leads to, where this server runs instead of where people know it. */
async function linkTo(email: string, subject: string): Promise<string> {
  const arrived = await eventually(() =>
    mail.mails.findLast((one) => one.subject === subject && addressesOf(one).some(({ address }) => address === email)),
  )
  const [link = ''] = linksIn(arrived.text ?? '')
  expect(link.startsWith(`${publicUrl}/`)).toBe(true)
  return link.replace(publicUrl, berth.url())
}

const ways = [
  ['as its form tells', () => fillByHand, true],
  ['in Chromium', () => fillInBrowser(browser), hasBrowser],
] as const
if (!hasBrowser) process.stderr.write('Skipped in a browser: there is no Chromium here.\n')

describe.each(ways.filter(([, , possible]) => possible))('a page that is filled in %s', (_name, wayOf) => {
  const follow: FollowLink = (...given) => wayOf()(...given)
  const email = () => `${randomUUID()}@example.org`
  const signUp = async () => {
    const customer = await register(berth)
    await follow(await linkTo(customer.email, 'Confirm your e-mail address'), {})
    await customer.logIn()
    return customer
  }

  test('confirms the address of a new account, lets its owner in, and welcomes them', async () => {
    const customer = await register(berth)
    const link = await linkTo(customer.email, 'Confirm your e-mail address')
    await expect(customer.logIn()).rejects.toThrow('the address is not confirmed yet')
    expect(await follow(link, {})).toMatch(/^Your address is confirmed/)
    await customer.logIn()
    expect(await customer.must('GET', '/me')).toMatchObject({ emailVerified: true })
    expect(await linkTo(customer.email, 'Welcome to Berth')).toBe(`${berth.url()}/login`)
    expect(await follow(link, {})).toMatch(/^This link was used/)
  })

  test('has a link sent to who forgot the password, and sets the new one', async () => {
    const customer = await signUp()
    expect(await follow(`${berth.url()}/forgot-password`, { email: customer.email })).toMatch(/a mail is on its way/)
    const link = await linkTo(customer.email, 'Choose a new password')
    expect(await follow(link, { password: 'password1' })).toMatch(
      /^This password is easy to guess: choose another one. This is a commonly used password.$/,
    )
    expect(await follow(link, { password })).toMatch(/^Your new password is set/)
    expect((await customer.ask('GET', '/me')).status).toBe(401)
    const login = { body: { email: customer.email, password } }
    expect((await customer.ask('POST', '/auth/login', login)).status).toBe(200)
  })

  test('moves an account to another address', async () => {
    const customer = await signUp()
    const newEmail = email()
    const body = { password: customer.password, newEmail }
    await customer.must('POST', '/me/change-email', { body })
    const link = await linkTo(newEmail, 'Confirm your new e-mail address')
    expect(await follow(link, {})).toMatch(/^Your account uses this address now/)
    expect(await customer.must('GET', '/me')).toMatchObject({ email: newEmail })
  })

  test('takes an invitation, and the account is opened again after it was closed', async () => {
    const admin = await administrator(berth)
    const invited = { email: email(), name: 'Grace' }
    const { id } = await admin.must<{ id: string }>('POST', '/users', { body: invited })
    const link = await linkTo(invited.email, 'You are invited to Berth')
    expect(await follow(link, { name: 'Grace Hopper', password })).toMatch(/^Your account is ready/)
    expect(await admin.must('GET', `/users/${id}`)).toMatchObject({ name: 'Grace Hopper', invitationPending: false })
    await admin.must('POST', `/users/${id}/deactivate`)
    await admin.must('POST', `/users/${id}/activate`)
    expect(await linkTo(invited.email, 'Your account is active again')).toBe(`${berth.url()}/login`)
  })

  test('tells the owner of an address that somebody registered it again where to go instead', async () => {
    const customer = await signUp()
    const body = { email: customer.email, password, name: 'Mallory' }
    await customer.must('POST', '/auth/register', { body })
    expect(await linkTo(customer.email, 'You already have an account')).toBe(`${berth.url()}/login`)
  })
})

test('no mail leads anywhere but to a page, in HTML as in text, and each that has a link was sent here', async () => {
  const sent = new Set(
    (await stage.database.prisma.notification.findMany({ select: { kind: true } })).map(({ kind }) => kind),
  )
  const linked = sampleMails.filter(({ data }) => Object.keys(data).some((name) => /link$/i.test(name)))
  expect(linked.map(({ kind }) => kind).filter((kind) => !sent.has(kind))).toEqual([])
  const pages = new Set<string>()
  for (const { text, html } of mail.mails) {
    const links = new Set(linksIn(text ?? ''))
    expect(new Set(linksIn(String(html)))).toEqual(links)
    for (const link of links) pages.add(new URL(link).pathname)
    for (const link of links) expect(new URL(link).origin).toBe(publicUrl)
  }
  for (const page of pages) {
    const { status, headers } = await fetch(berth.url() + page)
    expect([page, status, headers.get('content-type')]).toEqual([page, 200, 'text/html; charset=utf-8'])
  }
})
