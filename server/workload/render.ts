import { internal } from '../lib/errors.ts'
import type { ParameterSpec, ValuePart, ValueTemplate } from './spec.ts'

/** What a subscription knows, for the holes in its template's texts. */
export type RenderContext = {
  readonly parameters: ReadonlyMap<string, ParameterSpec>
  /** By name, as ordered. Where one is absent, its default holds. */
  readonly given: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly urlOf: (site: string) => string
  readonly hostOf: (site: string) => string
  readonly addressOf: (service: string) => string
}

/** `secret` where any part of the text must not be seen by everybody who may read an object. */
export type Rendered = { readonly text: string; readonly secret: boolean }

/** How a secret or a parameter is written into the text that stands before it. */
export type Writing = (value: string, before: string) => string

const asItStands: Writing = (value) => value

/** The text ends within an absolute URL, wherever in it that began. */
const endsInUrl = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*$/i

/** Percent-encoded (RFC 3986) within a URL, where `@`, `/` or `#` would end the part that the value is for. */
export const encodedInUrls: Writing = (value, before) => (endsInUrl.test(before) ? encodeURIComponent(value) : value)

/** Fills the holes. Throws INTERNAL where a secret was not generated: its caller forgot to. */
export const render = (template: ValueTemplate, context: RenderContext, writing: Writing = asItStands): Rendered =>
  renderAfter('', template, { ...context, writing })

type Rendering = RenderContext & { readonly writing: Writing }

function renderAfter(before: string, template: ValueTemplate, rendering: Rendering): Rendered {
  let text = ''
  let secret = false
  for (const part of template) {
    const piece = renderPart(part, before + text, rendering)
    text += piece.text
    secret ||= piece.secret
  }
  return { text, secret }
}

const plain = (text: string): Rendered => ({ text, secret: false })

function renderPart(part: ValuePart, before: string, context: Rendering): Rendered {
  const written = ({ text, secret }: Rendered): Rendered => ({ text: context.writing(text, before), secret })
  if (typeof part === 'string') return plain(part)
  if ('secret' in part) return written(renderSecret(part.secret, context))
  if ('parameter' in part) return written(renderParameter(part.parameter, context))
  if ('url' in part) return plain(context.urlOf(part.url))
  if ('host' in part) return plain(context.hostOf(part.host))
  if ('siblingOf' in part) return plain(part.siblingOf)
  if ('addressOf' in part) return plain(context.addressOf(part.addressOf))
  const value = parameterValue(part.choose, context)
  const chosen = part.when === 'set' ? value !== undefined : value !== undefined && value !== ''
  return renderAfter(before, chosen ? part.then : part.otherwise, context)
}

/** A user name is generated too, but is no secret: people type it. */
function renderSecret(name: string, { secrets }: RenderContext): Rendered {
  const text = Object.hasOwn(secrets, name) ? secrets[name] : undefined
  if (text === undefined) throw internal(new Error(`the secret ${name} was not generated`))
  return { text, secret: !name.startsWith('SERVICE_USER') }
}

function renderParameter(name: string, context: RenderContext): Rendered {
  return { text: parameterValue(name, context) ?? '', secret: context.parameters.get(name)?.secret ?? false }
}

function parameterValue(name: string, { parameters, given }: RenderContext): string | undefined {
  if (Object.hasOwn(given, name)) return given[name]
  return parameters.get(name)?.default
}
