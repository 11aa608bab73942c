import { SaxesParser } from 'saxes'

/**
 * An SVG document can hold scripts, styles, foreign documents and addresses that are fetched. What somebody uploads is
 * shown in every customer's browser, so only drawings are taken: elements and attributes of a list, values without
 * addresses. It is written anew from what was understood, so that nothing that a browser reads otherwise passes by.
 */

const elements = new Set([
  ...['svg', 'g', 'defs', 'title', 'path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon'],
  ...['linearGradient', 'radialGradient', 'stop', 'clipPath'],
])
const attributes = new Set([
  ...['xmlns', 'viewBox', 'width', 'height', 'preserveAspectRatio', 'id', 'd', 'points', 'transform', 'opacity'],
  ...['x', 'y', 'x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'rx', 'ry', 'fx', 'fy', 'offset', 'pathLength'],
  ...['fill', 'fill-rule', 'fill-opacity', 'clip-rule', 'clip-path', 'color', 'stop-color', 'stop-opacity'],
  ...['stroke', 'stroke-width', 'stroke-linecap', 'stroke-linejoin', 'stroke-miterlimit', 'stroke-opacity'],
  ...['stroke-dasharray', 'stroke-dashoffset', 'gradientUnits', 'gradientTransform', 'spreadMethod', 'clipPathUnits'],
])
const namespace = 'http://www.w3.org/2000/svg'
/** Numbers, names, colours and functions of them; no ":" and no "/", so that it holds no address. */
const plainValue = /^[\w\s#.,()+%-]*$/
const foreignReference = /url\s*\((?!\s*#[\w-]+\s*\))/i
const deepest = 32

export type CleanedSvg = { readonly ok: true; readonly svg: string } | { readonly ok: false; readonly problem: string }

/** The drawing in its plainest form, or why it is not taken. Total: any text ends in one or the other. */
export function cleanSvg(text: string): CleanedSvg {
  let written = ''
  let depth = 0
  let problem: string | undefined
  const refuse = (why: string) => {
    problem ??= why
  }
  const parser = new SaxesParser({ xmlns: false })
  parser.on('error', () => refuse('is not well-formed XML'))
  parser.on('doctype', () => refuse('has a document type: leave it out'))
  parser.on('processinginstruction', () => refuse('has a processing instruction: leave it out'))
  parser.on('cdata', () => refuse('has a CDATA section: leave it out'))
  parser.on('opentag', ({ name, attributes: given }) => {
    if (depth === 0 && name !== 'svg') refuse('does not begin with <svg>')
    if (depth === 0 && !('viewBox' in given)) refuse('has no viewBox, so that it could not be scaled')
    if (!elements.has(name)) refuse(`has an element <${name.slice(0, 40)}>, which is not allowed`)
    depth += 1
    if (depth > deepest) refuse('is nested too deeply')
    const own = Object.entries(given)
    for (const [attribute, value] of own) refuseAttribute(attribute, value, refuse)
    const root = depth === 1 && !('xmlns' in given) ? ` xmlns="${namespace}"` : ''
    written += `<${name}${root}${own.map(([attribute, value]) => ` ${attribute}="${value}"`).join('')}>`
  })
  parser.on('text', (content) => {
    written += content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  })
  parser.on('closetag', ({ name }) => {
    depth -= 1
    written += `</${name}>`
  })
  try {
    parser.write(text).close()
  } catch {
    refuse('is not well-formed XML')
  }
  return problem === undefined ? { ok: true, svg: written.trim() } : { ok: false, problem }
}

function refuseAttribute(name: string, value: string, refuse: (why: string) => void): void {
  if (!attributes.has(name)) return refuse(`has an attribute "${name.slice(0, 40)}", which is not allowed`)
  if (name === 'xmlns') return value === namespace ? undefined : refuse('has another namespace than that of SVG')
  if (!plainValue.test(value) || foreignReference.test(value))
    refuse(`has a value of "${name}" that is not a number, a colour or a reference into itself`)
}
