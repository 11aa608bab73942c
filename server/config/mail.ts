import type { MailAddress, MailServer } from './types.ts'

/** How `SMTP_URL` and `BERTH_MAIL_FROM` are read. */

const modes = ['required', 'opportunistic', 'off', 'unverified'] as const
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i
const ports = { 'smtps:': 465, 'smtp:': 587 } as const

/**
 * `smtp://user:password@host:port?tls=…` or `smtps://…`; undefined where it is not one. A password is sent over an
 * encrypted connection unless the server is this machine or `tls` says otherwise.
 */
export function parseMailServer(text: string): MailServer | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const { protocol, hostname, port, username, password, searchParams } = url
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || hostname === '') return undefined
  if (!['', '/'].includes(url.pathname) || url.hash !== '' || (password !== '' && username === '')) return undefined
  if ([...searchParams.keys()].some((key) => key !== 'tls')) return undefined
  const asked = searchParams.get('tls')
  const tls = modes.find((mode) => mode === asked)
  if (asked !== null && tls === undefined) return undefined
  const user = decoded(username)
  const word = decoded(password)
  if (user === undefined || word === undefined) return undefined
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? ports[protocol] : Number(port),
    encryptedFromTheStart: protocol === 'smtps:',
    tls: tls ?? (user !== '' && !loopback.test(hostname) ? 'required' : 'opportunistic'),
    ...(user !== '' && { login: { user, password: word } }),
  }
}

const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** `Name <address>` or the address alone; undefined where it is neither. */
export function parseMailAddress(text: string, isAddress: (address: string) => boolean): MailAddress | undefined {
  const named = /^([^<>\p{Cc}]*)<([^<>]+)>$/u.exec(text)
  const address = (named?.[2] ?? text).trim()
  const name = (named?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1')
  return isAddress(address) ? { name: name || 'Berth', address } : undefined
}

/** The sender where none is set: of the host that people know, since no other is known to be ours. */
export function defaultSender(publicUrl: string): MailAddress {
  const { hostname } = new URL(publicUrl)
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
  return { name: 'Berth', address: `berth@${isAddress ? 'localhost' : hostname}` }
}
