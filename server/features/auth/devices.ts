import Bowser from 'bowser'
import type { RequestContext } from '../../http/route.ts'
import { networkOf } from '../../lib/ip-address.ts'

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

/** What stays of an address while a provider hands out others. */
const networkBits = { v4: 24, v6: 48 } as const
const placeOf = (address: string | null) => networkOf(address ?? '', networkBits)

export type SeenDevice = { userAgent: string | null; ipAddress: string | null }

/** Whether somebody who signed in before signs in from where they never did. The very first time is no news. */
export function isNewDevice(seen: readonly SeenDevice[], { userAgent, ipAddress }: RequestContext): boolean {
  if (seen.length === 0) return false
  const network = placeOf(ipAddress)
  // Nearly always it is the very same program: reading what it calls itself costs as much as a query.
  if (seen.some((known) => known.userAgent === (userAgent ?? null) && placeOf(known.ipAddress) === network))
    return false
  const device = describeDevice(userAgent)
  return !seen.some((known) => describeDevice(known.userAgent) === device && placeOf(known.ipAddress) === network)
}
