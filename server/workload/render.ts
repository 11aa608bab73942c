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

/** Fills the holes. Throws INTERNAL where a secret was not generated: its caller forgot to. */
export function render(template: ValueTemplate, context: RenderContext): Rendered {
  let text = ''
  let secret = false
  for (const part of template) {
    const piece = renderPart(part, context)
    text += piece.text
    secret ||= piece.secret
  }
  return { text, secret }
}

const plain = (text: string): Rendered => ({ text, secret: false })

function renderPart(part: ValuePart, context: RenderContext): Rendered {
  if (typeof part === 'string') return plain(part)
  if ('secret' in part) return renderSecret(part.secret, context)
  if ('parameter' in part) return renderParameter(part.parameter, context)
  if ('url' in part) return plain(context.urlOf(part.url))
  if ('host' in part) return plain(context.hostOf(part.host))
  if ('siblingOf' in part) return plain(part.siblingOf)
  if ('addressOf' in part) return plain(context.addressOf(part.addressOf))
  const value = parameterValue(part.choose, context)
  const chosen = part.when === 'set' ? value !== undefined : value !== undefined && value !== ''
  return render(chosen ? part.then : part.otherwise, context)
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
