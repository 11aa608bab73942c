import { isIP } from 'node:net'
import { z } from 'zod'
import { parseMailAddress, parseMailServer } from './mail.ts'
import { roles, type PeerSelector, type Registrations } from './types.ts'

/**
 * What the text of a setting may be, and what it becomes. Each message completes the sentence "NAME is …, but must be".
 */

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((number) => number >= least && number <= most)
    .meta({ mustBe: `a whole number from ${least} to ${most}` })

export const oneOf = <const Word extends string>(words: readonly Word[]) =>
  z.enum(words).meta({ mustBe: `one of ${words.join(', ')}` })

/** `on` and `off` are what it took first. */
export const registrations = z
  .enum(['open', 'invitation', 'closed', 'on', 'off'])
  .transform((word): Registrations => (word === 'on' ? 'open' : word === 'off' ? 'closed' : word))
  .meta({ mustBe: 'one of open, invitation, closed' })

/** `on`, `off`, or how many times as much is allowed. */
export const factorOrOff = z
  .string()
  .regex(/^(on|off|\d{1,4}(\.\d{1,2})?)$/)
  .transform((word) => (word === 'on' ? 1 : word === 'off' ? 0 : Number(word)))
  .meta({ mustBe: 'on, off, or a factor such as 10' })

export const text = z.string().meta({ mustBe: 'text' })

export const address = (protocols: readonly string[]) =>
  z
    .string()
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol))
    .meta({ mustBe: `an address that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}` })

/** Without a slash at its end, so that paths can follow. */
export const webAddress = address(['http:', 'https:'])
  .regex(/^[^?#]*$/)
  .transform((value) => value.replace(/\/+$/, ''))
  .meta({ mustBe: 'an address that starts with http:// or https://, without ? and #' })

export const email = z.email().meta({ mustBe: 'an e-mail address' })

export const mailServer = z
  .string()
  .transform(parseMailServer)
  .refine((server) => server !== undefined)
  .meta({
    mustBe:
      'smtp://host or smtps://host, with user:password@ in front of the host and ?tls=required, opportunistic, off or unverified where they are needed',
  })

export const mailAddress = z
  .string()
  .transform((value) => parseMailAddress(value, (address) => z.email().safeParse(address).success))
  .refine((address) => address !== undefined)
  .meta({ mustBe: 'an e-mail address, or a name and the address in <>' })

export const password = z.string().min(12).max(256).meta({ mustBe: '12 to 256 characters long' })

/** `id:base64,…`: the first one writes, all of them read. */
export const encryptionKeys = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim().split(':')))
  .refine((pairs) => pairs.every((pair) => pair.length === 2 && /^[\w-]{1,32}$/.test(pair[0] ?? '')))
  .transform((pairs) => pairs.map(([id = '', key = '']) => ({ id, key: Buffer.from(key, 'base64') })))
  .refine((keys) => keys.every(({ key }) => key.length === 32))
  .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length)
  .meta({ mustBe: 'a list id:key,… of keys with different ids and 32 bytes each, written in base64' })

/** As Express takes it. `true` is not offered: it believes every client that writes the header itself. */
export const trustedProxies = z
  .string()
  .refine((value) => value === 'off' || /^\d+$/.test(value) || list(value).every(isNetworkOrName))
  .transform((value) => (value === 'off' ? (false as const) : /^\d+$/.test(value) ? Number(value) : value))
  .meta({ mustBe: 'off, the number of proxies in front, or a list of their addresses' })

export const roleList = z
  .string()
  .transform((value) => list(value))
  .pipe(z.array(z.enum(roles)).min(1))
  .transform((names) => roles.filter((role) => names.includes(role)))
  .meta({ mustBe: `a list of ${roles.join(', ')}` })

export const networks = z
  .string()
  .transform((value) => list(value))
  .refine((values) => values.every(isNetwork))
  .meta({ mustBe: 'a list of networks in CIDR notation' })

export const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/)
  .meta({ mustBe: 'a domain name' })

export const domains = z
  .string()
  .transform((value) => list(value))
  .pipe(z.array(domain).min(1))
  .meta({ mustBe: 'a list of domain names' })

/** `namespace:label=value,…` */
export const peerSelector = z
  .string()
  .regex(/^[a-z0-9-]+:[\w./-]+=[\w.-]*(,[\w./-]+=[\w.-]*)*$/)
  .transform((value): PeerSelector => {
    const [namespace = '', labels = ''] = value.split(':')
    const pairs = labels.split(',').map((label): [string, string] => {
      const [key = '', worth = ''] = label.split('=')
      return [key, worth]
    })
    return { namespace, podLabels: Object.fromEntries(pairs) }
  })
  .meta({ mustBe: 'a namespace and the labels of its pods, as namespace:label=value,label=value' })

const units: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** As Kubernetes writes amounts of memory and storage; in bytes. */
export const byteAmount = z
  .string()
  .regex(/^\d+([kMGT]|[KMGT]i)?$/)
  .transform((value) => {
    const unit = value.replace(/^\d+/, '')
    return Number(value.slice(0, value.length - unit.length)) * (units[unit] ?? Number.NaN)
  })
  .refine((bytes) => Number.isSafeInteger(bytes))
  .meta({ mustBe: 'an amount of bytes such as 500Gi' })

/** As Kubernetes writes cpu: `2`, `0.5` or `500m`; in millicores. */
export const cpuAmount = z
  .string()
  .regex(/^(\d{1,6}(\.\d{1,3})?|\d{1,9}m)$/)
  .transform((value) => (value.endsWith('m') ? Number(value.slice(0, -1)) : Math.round(Number(value) * 1000)))
  .meta({ mustBe: 'an amount of cpu such as 2 or 500m' })

/** How many times what there is may be sold; in percent. */
export const overcommit = z
  .string()
  .regex(/^\d{1,2}(\.\d{1,2})?$/)
  .transform((value) => Math.round(Number(value) * 100))
  .refine((percent) => percent >= 100)
  .meta({ mustBe: 'a factor of at least 1' })

const list = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const isNetwork = (value: string): boolean => {
  const [address = '', length = '', ...rest] = value.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= most
}

/** The names that Express knows for ranges of their own. */
const isNetworkOrName = (value: string): boolean =>
  isIP(value) > 0 || isNetwork(value) || ['loopback', 'linklocal', 'uniquelocal'].includes(value)
