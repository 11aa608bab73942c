import type { Config } from '../../../config/types.ts'
import type { Database } from '../../../db/database.ts'
import { encodeId, idPrefixes, isEncodedId } from '../../../lib/ids.ts'
import type { SecretBox } from '../../../lib/secret-box.ts'
import { parseMail, type Mail } from '../mails.ts'
import { readerOf } from '../reader.ts'
import { renderMail } from '../render.ts'
import { mailPlace } from '../service.ts'
import { listReadable } from '../store.ts'

/** A mail as it would have arrived. */
export type Letter = {
  /** As the API has it: `ntf_…`. */
  id: string
  to: string
  kind: string
  createdAt: Date
  subject: string
  text: string
  html: string
  /** Every address in it, in order. */
  links: readonly string[]
}
export type Letters = ReturnType<typeof createLetters>

type Dependencies = {
  database: Pick<Database, 'prisma'>
  secretBox: Pick<SecretBox, 'open'>
  config: Pick<Config, 'publicUrl'>
}

const mostShown = 100
const nobody = { name: null, emailVerifiedAt: null, locale: null, timeZone: null }

/** Reads the mails that were written, sent or not: rendered as they are for sending. */
export function createLetters({ database, secretBox, config }: Dependencies) {
  const read = async (which: { id?: string; recipient?: string }): Promise<Letter[]> => {
    const rows = await listReadable(database.prisma, which, mostShown)
    return rows.map(({ id, kind, recipient, createdAt, dataEncrypted, user }) => {
      const mail = parseMail(kind, secretBox.open(dataEncrypted ?? '', mailPlace(id)))
      const rendered = renderMail(mail, readerOf(user ?? nobody, config.publicUrl))
      return { id: encodeId('notification', id), to: recipient, kind, createdAt, links: linksOf(mail), ...rendered }
    })
  }
  return {
    /** The newest first; of one address where one is given. */
    list: (recipient?: string): Promise<Letter[]> => read(recipient === undefined ? {} : { recipient }),
    async find(id: string): Promise<Letter | undefined> {
      if (!isEncodedId('notification', id)) return undefined
      return (await read({ id: id.slice(idPrefixes.notification.length + 1) }))[0]
    },
  }
}

const linksOf = ({ data }: Mail): string[] =>
  Object.values(data).filter((value): value is string => typeof value === 'string' && /^https?:\/\//.test(value))
