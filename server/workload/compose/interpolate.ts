/**
 * Compose's variables in text (Compose Specification, "Interpolation"): `$V ${V} ${V:-x} ${V-x} ${V:?e} ${V?e} ${V:+x}
 * ${V+x}`, nested, and `$$` for a dollar. Only the syntax: what a variable is worth is `variables.ts`' affair.
 */
export type Expression = readonly ExpressionPart[]
export type ExpressionPart = string | Variable
export type Variable = { readonly name: string; readonly operator?: Operator; readonly argument?: Expression }
export type Operator = ':-' | '-' | ':?' | '?' | ':+' | '+'

export type InterpolationResult =
  { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly offset: number }

const deepest = 20
const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y
const operatorAt = /:-|:\?|:\+|-|\?|\+/y

/** Reads a text in one pass; `offset` is where it stops making sense. */
export function interpolate(text: string): InterpolationResult {
  if (!text.includes('$')) return { ok: true, expression: text === '' ? [] : [text] }
  const cursor = { offset: 0 }
  const expression = readExpression(text, cursor, 0)
  return expression ? { ok: true, expression } : { ok: false, offset: cursor.offset }
}

type Cursor = { offset: number }

/** Up to the end, or, inside braces, up to the brace that closes them. */
function readExpression(text: string, cursor: Cursor, depth: number): Expression | undefined {
  const parts: ExpressionPart[] = []
  let literal = ''
  while (cursor.offset < text.length) {
    const character = text[cursor.offset]
    if (character === '}' && depth > 0) break
    if (character !== '$') {
      literal += character
      cursor.offset++
      continue
    }
    if (text[cursor.offset + 1] === '$') {
      literal += '$'
      cursor.offset += 2
      continue
    }
    const variable = readVariable(text, cursor, depth)
    if (!variable) return undefined
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(variable)
  }
  if (literal !== '') parts.push(literal)
  return parts
}

function readVariable(text: string, cursor: Cursor, depth: number): Variable | undefined {
  const isBraced = text[cursor.offset + 1] === '{'
  const name = match(nameAt, text, cursor.offset + (isBraced ? 2 : 1))
  if (name === undefined || depth > deepest) return undefined
  const end = cursor.offset + (isBraced ? 2 : 1) + name.length
  if (!isBraced) {
    cursor.offset = end
    return { name }
  }
  const operator = match(operatorAt, text, end)
  if (operator !== undefined && !isOperator(operator)) return undefined
  const inner = { offset: end + (operator?.length ?? 0) }
  const argument = operator === undefined ? undefined : readExpression(text, inner, depth + 1)
  if (text[inner.offset] !== '}' || (operator !== undefined && !argument)) return undefined
  cursor.offset = inner.offset + 1
  return { name, ...(operator !== undefined && { operator }), ...(argument && { argument }) }
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset
  return pattern.exec(text)?.[0]
}

const operators: ReadonlySet<string> = new Set([':-', '-', ':?', '?', ':+', '+'])
const isOperator = (text: string): text is Operator => operators.has(text)
