/**
 * A certificate for HTTPS that follows from the token alone: a restart has the same one, so clients that hold its
 * kubeconfig go on, and nothing needs to be kept. Ed25519, because its keys and signatures can be derived; kubectl,
 * Node.js, Go and OpenSSL take it. Built here as DER (RFC 5280, RFC 8410), which Node.js can read and not write.
 */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** PEM, as node:https takes them. The certificate is also the authority that a client must trust. */
export type Certificate = { key: string; cert: string }

/** Whoever connects through a tunnel or by another name says one of these as tls-server-name. */
const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '127.0.0.1', '::1']

/** The certificate for a server that listens on `host`. The same for the same token and host. */
export function certificateFor(token: string, host: string): Certificate {
  const seed = Buffer.from(hkdfSync('sha256', token, '', 'kubernetes-simulator TLS key', 32))
  const pkcs8 = sequence(integer(0), sequence(ed25519), octets(octets(seed)))
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const body = certificateBody(publicKey, [...new Set([...names, host])])
  const signature = sign(null, body, privateKey)
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: pem(sequence(body, sequence(ed25519), bits(signature))),
  }
}

const tag = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  object: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
}

function der(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([type, ...size]), content])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(tag.sequence, ...parts)
const integer = (...bytes: readonly number[]): Buffer => der(tag.integer, Buffer.from(bytes))
const octets = (content: Uint8Array): Buffer => der(tag.octets, content)
const bits = (content: Uint8Array, unused = 0): Buffer => der(tag.bits, Buffer.from([unused]), content)
const object = (...bytes: readonly number[]): Buffer => der(tag.object, Buffer.from(bytes))
/** A field that is told apart by its number; a constructed one holds other values. */
const numbered = (number: number, content: Uint8Array, constructed = false): Buffer =>
  der(0x80 | (constructed ? 0x20 : 0) | number, content)

const ed25519 = object(0x2b, 0x65, 0x70)
const commonName = object(0x55, 0x04, 0x03)
/** An extension of X.509, 2.5.29 and its number. */
const extension = (number: number, content: Uint8Array, critical = false): Buffer =>
  sequence(object(0x55, 0x1d, number), ...(critical ? [Buffer.from([0x01, 0x01, 0xff])] : []), octets(content))

function certificateBody(publicKey: Buffer, hosts: readonly string[]): Buffer {
  const digest = createHash('sha256').update(publicKey).digest()
  const name = sequence(der(tag.set, sequence(commonName, der(tag.utf8, Buffer.from('kubernetes-simulator')))))
  // For ever: it ends with the token.
  const validity = sequence(
    der(tag.utcTime, Buffer.from('200101000000Z')),
    der(tag.time, Buffer.from('99991231235959Z')),
  )
  const extensions = sequence(
    extension(0x13, sequence(Buffer.from([0x01, 0x01, 0xff])), true), // It is an authority …
    extension(0x0f, bits(Buffer.from([0x84]), 2), true), // … that signs certificates, and connections as a server.
    extension(0x0e, octets(digest.subarray(0, 20))),
    extension(0x11, sequence(...hosts.map(alternativeName))),
  )
  return sequence(
    numbered(0, integer(2), true),
    // Positive, and without a leading zero.
    integer(0x40, ...digest.subarray(20, 28)),
    sequence(ed25519),
    name,
    validity,
    name,
    publicKey,
    numbered(3, extensions, true),
  )
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 0) return numbered(2, Buffer.from(host))
  return numbered(7, addressBytes(host))
}

/** The 4 or 16 bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes IPv6 in hexadecimal alone, whatever form was given.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const [first, last] = [groups(head), groups(tail)]
  const middle = Array.from({ length: 8 - first.length - last.length }, () => '0')
  const hex = [...first, ...middle, ...last].map((group) => group.padStart(4, '0')).join('')
  return Buffer.from(hex, 'hex')
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
