/** Whoever a mail is written for, as far as its words depend on them. */
export type Reader = {
  /** Undefined where nobody has confirmed that the address is theirs. */
  readonly name?: string
  readonly locale: string
  readonly timeZone: string
  /** The host that people know this installation by. */
  readonly site: string
}

type Profile = { name: string | null; emailVerifiedAt: Date | null; locale: string | null; timeZone: string | null }

/**
 * With what holds for an address that belongs to nobody yet. The name of an account whose address was never confirmed
 * is that of who typed the address, perhaps of a stranger, whom they must not be able to write to through us.
 */
export const readerOf = ({ name, emailVerifiedAt, locale, timeZone }: Profile, publicUrl: string): Reader => ({
  ...(name !== null && emailVerifiedAt !== null && { name }),
  locale: locale ?? 'en',
  timeZone: timeZone ?? 'UTC',
  site: new URL(publicUrl).host,
})

/**
 * A moment as the reader writes dates, on the reader's clock, which it names: `3 March 2026 at 14:05 GMT+1`. The month
 * is a word only in English, the language of the mails.
 */
export function momentFor({ locale, timeZone }: Pick<Reader, 'locale' | 'timeZone'>, time: string): string {
  const english = /^en\b/i.test(locale)
  const format = {
    ...(english
      ? ({ year: 'numeric', month: 'long', day: 'numeric' } as const)
      : ({ year: 'numeric', month: '2-digit', day: '2-digit' } as const)),
    hour: 'numeric',
    minute: '2-digit',
    calendar: 'gregory',
    numberingSystem: 'latn',
  } as const
  const date = new Date(time)
  // What a profile holds was checked when it was written; what this Node.js does not know (any more) is no reason to
  // keep a mail back.
  for (const [place, zone] of [
    [locale, timeZone],
    ['en', timeZone],
    ['en', 'UTC'],
  ] as const) {
    try {
      const shown = new Intl.DateTimeFormat(place, { ...format, timeZone: zone }).format(date)
      return `${shown} ${offsetAt(date, zone)}`
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  return time
}

/** `UTC`, `GMT+1`, `GMT-3:30`: in English, whatever the locale calls its zone. */
const offsetAt = (date: Date, timeZone: string): string => {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'shortOffset' }).formatToParts(date)
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
  return /^GMT(\+0)?$/.test(offset) ? 'UTC' : offset
}
