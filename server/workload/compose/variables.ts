import type { ParameterSpec, SecretSpec, ValuePart, ValueTemplate } from '../spec.ts'
import { interpolate, type Expression, type Variable } from './interpolate.ts'
import { magicOf, type Magic } from './magic.ts'
import { labelOf } from './names.ts'
import type { Path } from './node.ts'
import type { Report } from './report.ts'

/** What a template's variables turn out to be, collected while its texts are read. */
export type Variables = {
  /** A text with its holes. `owner` is the service that it was found in. */
  readonly read: (text: string, path: Path, owner?: string) => ValueTemplate
  /** A text that shapes the objects, so that it cannot wait for an order: variables take their defaults. */
  readonly readFixed: (text: string, path: Path) => string
  /** What the name of a variable holds, without any default. */
  readonly valueOf: (name: string, path: Path, owner?: string) => ValueTemplate
  /** What a text takes from parameters that nobody declared is secret from now on. */
  readonly keepSecret: (template: ValueTemplate) => void
  /** Whether a generated secret or a secret parameter may stand in it. */
  readonly holdsSecret: (template: ValueTemplate) => boolean
  readonly secrets: () => SecretSpec[]
  readonly parameters: () => ParameterSpec[]
  /** Warns of each parameter that nobody declared; to be called when everything is read. */
  readonly warnOfInferred: () => void
  /** Sites that are spoken of, with the first service that does. */
  readonly sites: ReadonlyMap<string, string | undefined>
}

type Setting = {
  readonly report: Report
  readonly declared: readonly ParameterSpec[]
  /** The services, as variables spell them, and their labels. */
  readonly services: ReadonlyMap<string, string>
}

export const siteLabel = (spelled: string): string => labelOf(spelled.toLowerCase().replaceAll('_', '-'))

const secretNames =
  /PASS|SECRET|TOKEN|PRIVATE|(^|_)(API|ACCESS|ENCRYPTION|SIGNING|APP)?_?KEY(_|$)|_PWD?(_|$)|CREDENTIAL|SALT/i

export function createVariables({ report, declared, services }: Setting): Variables {
  const secrets = new Map<string, SecretSpec>()
  const parameters = new Map(declared.map((parameter) => [parameter.name, parameter]))
  /** Where a variable that nobody declares is first used, or first required. */
  const inferredAt = new Map<string, Path>()
  const sites = new Map<string, string | undefined>()

  const parse = (text: string, path: Path): Expression => {
    const result = interpolate(text)
    if (result.ok) return result.expression
    const shown = text.slice(result.offset, result.offset + 30)
    const place = placeOf(text, result.offset)
    report.refuse('INTERPOLATION_INVALID', path, `This is not a variable of Compose, ${place}: ${shown}`)
    return []
  }

  const magicParts = (magic: Magic, path: Path, owner: string | undefined): ValueTemplate => {
    switch (magic.is) {
      case 'secret': {
        for (const secret of magic.secrets) secrets.set(secret.name, secret)
        const name = magic.secrets.at(-1)?.name
        return name === undefined ? [] : [{ secret: name }]
      }
      case 'url':
      case 'host': {
        const site = siteLabel(magic.site)
        if (!sites.has(site)) sites.set(site, owner)
        return [magic.is === 'url' ? { url: site } : { host: site }]
      }
      case 'sibling':
      case 'address': {
        const service = services.get(magic.service)
        if (service === undefined) {
          report.refuse('DEPENDENCY_UNKNOWN', path, `No service of this document is spelled ${magic.service}.`)
          return []
        }
        return [magic.is === 'sibling' ? { siblingOf: service } : { addressOf: service }]
      }
    }
  }

  const infer = (name: string, path: Path, required: boolean, message?: string): void => {
    const known = parameters.get(name)
    const described = message && known?.description === undefined ? { description: message } : {}
    if (!known) {
      const secret = secretNames.test(name)
      const given = { title: name, secret, immutable: false, required, inferred: true, ...described }
      parameters.set(name, { name, type: 'string', ...given })
      inferredAt.set(name, path)
    } else if (required && known.inferred) {
      parameters.set(name, { ...known, required, ...described })
      if (!known.required) inferredAt.set(name, path)
    }
  }

  /** Said when all is read: a variable that one text may do without may be required by the next. */
  const warnOfInferred = (): void => {
    for (const [name, path] of inferredAt) {
      const kind = parameters.get(name)?.required ? 'a required' : 'an optional'
      report.warn('PARAMETER_INFERRED', path, `${name} is not declared: it becomes ${kind} parameter.`)
    }
  }

  const valueOf: Variables['valueOf'] = (name, path, owner) => {
    const magic = magicOf(name)
    if (magic) return magicParts(magic, path, owner)
    infer(name, path, false)
    return [{ parameter: name }]
  }

  const readVariable = (variable: Variable, path: Path, owner: string | undefined): ValueTemplate => {
    const { name, operator, argument = [] } = variable
    const magic = magicOf(name)
    const alternative = (): ValueTemplate => readExpression(argument, path, owner)
    if (magic) return operator === ':+' || operator === '+' ? alternative() : magicParts(magic, path, owner)
    if (operator === ':?' || operator === '?') infer(name, path, true, literalOf(argument))
    else infer(name, path, false)
    const when = operator?.startsWith(':') ? 'filled' : 'set'
    if (operator === ':-' || operator === '-') {
      return [{ choose: name, when, then: [{ parameter: name }], otherwise: alternative() }]
    }
    if (operator === ':+' || operator === '+') return [{ choose: name, when, then: alternative(), otherwise: [] }]
    return [{ parameter: name }]
  }

  const readExpression = (expression: Expression, path: Path, owner: string | undefined): ValueTemplate =>
    joinTexts(expression.flatMap((part) => (typeof part === 'string' ? [part] : readVariable(part, path, owner))))

  /** A text of which every variable has a value by itself; undefined where one has none. */
  const fixedText = (expression: Expression, path: Path): string | undefined => {
    let text = ''
    for (const part of expression) {
      const piece = typeof part === 'string' ? part : fixedVariable(part, path)
      if (piece === undefined) return undefined
      text += piece
    }
    return text
  }

  const fixedVariable = ({ name, operator, argument = [] }: Variable, path: Path): string | undefined => {
    const magic = magicOf(name)
    if (magic) return magic.is === 'sibling' ? services.get(magic.service) : undefined
    const standing = parameters.get(name)?.default
    const isMissing = operator?.startsWith(':') ? !standing : standing === undefined
    if (operator === ':+' || operator === '+') return isMissing ? '' : fixedText(argument, path)
    if (!isMissing && standing !== undefined) return standing
    if (operator === ':-' || operator === '-') return fixedText(argument, path)
    return undefined
  }

  const keepSecret: Variables['keepSecret'] = (template) => {
    for (const part of template) {
      if (typeof part === 'string') continue
      const name = 'parameter' in part ? part.parameter : undefined
      const known = name === undefined ? undefined : parameters.get(name)
      if (known?.inferred) parameters.set(known.name, { ...known, secret: true })
      if ('choose' in part) [part.then, part.otherwise].forEach(keepSecret)
    }
  }

  const holdsSecret: Variables['holdsSecret'] = (template) =>
    template.some((part) => {
      if (typeof part === 'string') return false
      if ('secret' in part) return !part.secret.startsWith('SERVICE_USER')
      if ('parameter' in part) return parameters.get(part.parameter)?.secret ?? false
      return 'choose' in part && [part.then, part.otherwise].some(holdsSecret)
    })

  return {
    keepSecret,
    holdsSecret,
    read: (text, path, owner) => readExpression(parse(text, path), path, owner),
    readFixed: (text, path) => {
      const expression = parse(text, path)
      if (expression.every((part) => typeof part === 'string')) return expression.join('')
      const fixed = fixedText(expression, path)
      if (fixed === undefined) {
        report.refuse('VARIABLE_NOT_FIXED', path, `"${text}" is needed before there is an order, and has no default.`)
        return ''
      }
      report.warn('VARIABLE_FIXED', path, `"${text}" is needed before there is an order: it is "${fixed}".`)
      return fixed
    },
    valueOf,
    secrets: () => [...secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    parameters: () => [...parameters.values()],
    warnOfInferred,
    sites,
  }
}

const longestDescription = 2_000
/** The message of `${NAME:?message}`, for whoever is asked for it: a text without variables. */
const literalOf = (expression: Expression): string | undefined =>
  expression.every((part) => typeof part === 'string')
    ? expression.join('').trim().slice(0, longestDescription).toWellFormed()
    : undefined

/** Where in a text: a block of many lines is one value, and the diagnostic's own line is where it begins. */
function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  const column = `character ${(before.at(-1)?.length ?? 0) + 1}`
  return before.length > 1 || text.includes('\n') ? `line ${before.length} of the text, ${column}` : column
}

/** Neighbouring texts become one. */
function joinTexts(parts: readonly ValuePart[]): ValueTemplate {
  const joined: ValuePart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
    else if (part !== '') joined.push(part)
  }
  return joined
}
