import { slug as slugSchema, webAddress } from '../fields.ts'
import type { TemplateHeader } from '../../../workload/diagnostic.ts'

/** What a Compose document is called in the catalog: by its file, and by the comments at its head. Pure. */

const longestSlug = 63

/** `Some File.compose.yaml` → `some-file`; undefined where nothing is left. */
export function slugOf(text: string): string | undefined {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longestSlug)
    .replace(/^-+|-+$/g, '')
  return slugSchema.safeParse(plain).success ? plain : undefined
}

export const nameOfFile = (file: string): string =>
  (file.split('/').at(-1) ?? '').replace(/\.(ya?ml|json)$/i, '').replace(/[.-](docker-)?compose$/i, '')

/** `uptime-kuma` → `Uptime Kuma` */
export const titleOf = (slug: string): string =>
  slug
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
    .slice(0, 100)

/** What the header says, as far as the catalog takes it. */
export const entryOf = ({ slogan = '', documentation, tags }: TemplateHeader) => ({
  tagline: slogan.slice(0, 200),
  documentationUrl: webAddress.safeParse(documentation).data ?? null,
  tags: tags.filter((tag) => tag.length <= 40).slice(0, 20),
})
