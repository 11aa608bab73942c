import { isIP } from 'node:net'
import Bowser from 'bowser'
import type { RequestContext } from '../../http/route.ts'

/** What somebody signs in with, in words that its owner recognises. */

const longestProgramName = 60

/** `Firefox on Windows`; of a program, its own name. */
export function describeDevice(userAgent: string | null | undefined): string {
  if (!userAgent) return 'An unknown program'
  const { browser, os } = Bowser.parse(userAgent)
  const place = os.name === undefined ? '' : ` on ${os.name}`
  if (browser.name) return `${browser.name}${place}`
  const program = /^[\w.-]+/.exec(userAgent)?.[0].slice(0, longestProgramName)
  return program === undefined ? `An unknown program${place}` : `${program}${place}`
}

/** What a mail about a sign-in or a change says of where it came from. */
export const deviceOf = ({ ipAddress, userAgent }: RequestContext, now: Date) => ({
  ipAddress,
  device: describeDevice(userAgent),
  at: now.toISOString(),
})

/**
 * The part of an address that stays while a provider hands out others: /24, or /48 for IPv6. Undefined for no address.
 */
export function networkOf(address: string | null): string | undefined {
  const text = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIP(text) === 4) return text.split('.').slice(0, 3).join('.')
  return isIP(text) === 6 ? expanded(text).slice(0, 3).join(':') : undefined
}

/** The eight groups of an IPv6 address, without leading zeros: the form that the URL standard writes. */
function expanded(address: string): string[] {
  const [left = '', right] = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1).split('::')
  const [head, tail] = [left, right ?? ''].map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = right === undefined ? 0 : 8 - (head?.length ?? 0) - (tail?.length ?? 0)
  return [...(head ?? []), ...Array<string>(zeros).fill('0'), ...(tail ?? [])]
}

export type SeenDevice = { userAgent: string | null; ipAddress: string | null }

/** Whether somebody who signed in before signs in from where they never did. The very first time is no news. */
export function isNewDevice(seen: readonly SeenDevice[], { userAgent, ipAddress }: RequestContext): boolean {
  if (seen.length === 0) return false
  const [device, network] = [describeDevice(userAgent), networkOf(ipAddress)]
  return !seen.some((known) => describeDevice(known.userAgent) === device && networkOf(known.ipAddress) === network)
}
