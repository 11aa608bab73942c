import { isIP } from 'node:net'

/**
 * The network that an address lies in, written the same however the address was: `198.51.100.7` with 32 bits is itself,
 * `2001:db8:0:1::5` with 64 is `2001:db8:0:1`. Undefined for what is no address.
 */
export function networkOf(address: string, bits: { v4: 24 | 32; v6: 48 | 64 }): string | undefined {
  const text = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIP(text) === 4)
    return text
      .split('.')
      .slice(0, bits.v4 / 8)
      .join('.')
  return isIP(text) === 6
    ? groupsOf(text)
        .slice(0, bits.v6 / 16)
        .join(':')
    : undefined
}

/** The eight groups of an IPv6 address, without leading zeros: the form that the URL standard writes. */
function groupsOf(address: string): string[] {
  const [left = '', right] = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1).split('::')
  const [head, tail] = [groups(left), groups(right ?? '')]
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length
  return [...head, ...Array<string>(zeros).fill('0'), ...tail]
}
const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')
