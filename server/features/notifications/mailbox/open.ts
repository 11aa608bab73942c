import { BlockList, isIP } from 'node:net'
import type { Config } from '../../../config/types.ts'
import type { PageRequest } from '../../../http/browser-pages.ts'

/**
 * Who may look into the local mailbox. It shows links that let somebody in, so it exists for the person who sits at this
 * machine, and for nobody who comes through a proxy or through a name that was made to lead here.
 */

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether mails are shown on a page of this machine instead of being sent: for development, and for nothing else. */
export const mailboxIsOpen = ({ publicUrl, mailServer }: Pick<Config, 'publicUrl' | 'mailServer'>): boolean =>
  mailServer === undefined && localHosts.has(new URL(publicUrl).hostname)

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const proxyHeader = /^(forwarded|via|x-real-ip|x-forwarded(-.*)?|x-original-.*|true-client-ip|cf-.*)$/
/** What a browser and curl speak; a proxy that says nothing of itself commonly speaks 1.0. */
const spoken = new Set(['1.1', '2.0'])

/**
 * From this machine itself, to a name that only this machine has: a web page elsewhere can make a name of its own lead
 * here (DNS rebinding), but not `localhost`.
 */
export const isLocalRequest = ({ remoteAddress, headers, httpVersion }: PageRequest): boolean =>
  isLoopback(remoteAddress) &&
  spoken.has(httpVersion) &&
  !Object.keys(headers).some((name) => proxyHeader.test(name)) &&
  namesThisMachine(headers.host ?? '')

const isLoopback = (address: string): boolean => {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '')
  const family = isIP(plain)
  return family !== 0 && loopback.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

const namesThisMachine = (host: string): boolean => localHosts.has(host.toLowerCase().replace(/:\d{1,5}$/, ''))
