import type { Verdict } from './judge.ts'

export type Entry = { readonly file: string; readonly verdict: Verdict }

/** `FILE verdict …`: what a person wants to know of a file, in one line. */
export function lineOf({ file, verdict }: Entry): string {
  switch (verdict.is) {
    case 'accepted':
    case 'applied':
      return `${file} ${verdict.is} ${verdict.isolation}${verdict.warnings > 0 ? ` warnings=${verdict.warnings}` : ''}`
    case 'rejected':
      return `${file} rejected ${verdict.isolation} ${oneLine(verdict.reason)}`
    case 'crashed':
      return `${file} crashed ${oneLine(verdict.reason)}`
    case 'refused':
    case 'unreadable': {
      const [first] = verdict.refusals
      const more = verdict.refusals.length - 1
      const place = `${first?.path === '' ? '/' : first?.path} line ${first?.line}`
      return `${file} ${verdict.is} ${first?.code} ${place}: ${oneLine(first?.message ?? '')}${more > 0 ? ` (and ${more} more)` : ''}`
    }
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 400)

/** Refused files by the first code against each, the most frequent first. */
export function refusalsLine(entries: readonly Entry[]): string {
  const counts = new Map<string, number>()
  for (const { verdict } of entries) {
    const code = verdict.is === 'refused' ? verdict.refusals[0]?.code : undefined
    if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  return `refused by code: ${sorted.map(([code, count]) => `${code}=${count}`).join(' ') || 'none'}`
}

/** The sums, as programs read them. `restricted` and `baseline` share out what Berth accepts. */
export function sumsLine(entries: readonly Entry[]): string {
  const count = (wanted: (verdict: Verdict) => boolean): number =>
    entries.filter(({ verdict }) => wanted(verdict)).length
  const isolated = (isolation: string) => (verdict: Verdict) =>
    'isolation' in verdict && verdict.isolation === isolation
  const sums = {
    files: entries.length,
    parsed: count(({ is }) => is !== 'unreadable' && is !== 'crashed'),
    refused: count(({ is }) => is === 'refused'),
    applied: count(({ is }) => is === 'applied'),
    rejected: count(({ is }) => is === 'rejected'),
    restricted: count(isolated('restricted')),
    baseline: count(isolated('baseline')),
    crashed: count(({ is }) => is === 'crashed'),
  }
  return Object.entries(sums)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** Whether Berth kept its word: nothing crashed, and nothing that it accepted was rejected. */
export const isSound = (entries: readonly Entry[]): boolean =>
  entries.every(({ verdict }) => verdict.is !== 'crashed' && verdict.is !== 'rejected')
