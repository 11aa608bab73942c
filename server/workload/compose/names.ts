import { createHash } from 'node:crypto'
import { maxServiceName } from '../spec.ts'

const valid = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

export const isLabel = (name: string): boolean => name.length <= maxServiceName && valid.test(name)

/**
 * A DNS-1035 label for any name: as it is where it is one, else the nearest. What has to be cut short ends in a digest
 * of the whole, so that two long names stay two.
 */
export function labelOf(name: string): string {
  if (isLabel(name)) return name
  const cleaned = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  const label = /^[a-z]/.test(cleaned) ? cleaned : `s-${cleaned || digestOf(name)}`
  if (label.length <= maxServiceName) return label
  return `${label.slice(0, maxServiceName - 9).replace(/-+$/, '')}-${digestOf(name)}`
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
