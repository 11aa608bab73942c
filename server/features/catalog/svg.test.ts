import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawIcon } from './icon.ts'
import { cleanSvg } from './svg.ts'

const within = (inner: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">${inner}</svg>`

test('a drawing with gradients is taken, and says the same after it was written anew', () => {
  const drawing = within(
    '<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs><path d="M0 0L8 8z" fill="url(#a)"/>',
  )
  const cleaned = cleanSvg(`<!-- by hand -->${drawing}`)
  if (!cleaned.ok) throw new Error(cleaned.problem)
  expect(cleaned.svg).toContain('fill="url(#a)"')
  expect(cleaned.svg).not.toContain('by hand')
  expect(cleanSvg(cleaned.svg)).toEqual(cleaned)
})

test.each([
  ['a script', within('<script>alert(1)</script>')],
  ['a handler', within('<path d="M0 0" onload="alert(1)"/>')],
  ['a style with an address', within('<style>*{background:url(//evil.test)}</style>')],
  ['a style attribute', within('<path style="fill:red"/>')],
  ['a foreign document', within('<foreignObject><p/></foreignObject>')],
  ['an image', within('<image href="https://evil.test/a.png"/>')],
  ['a link', within('<a href="javascript:alert(1)"><path/></a>')],
  ['a reference to another file', within('<path fill="url(other.svg#a)"/>')],
  ['a reference hidden by spaces', within('<path fill="url ( //evil.test/a )"/>')],
  ['an animation', within('<animate attributeName="href"/>')],
  ['another namespace', within('<path xmlns="http://www.w3.org/1999/xhtml"/>')],
  ['a prefixed script', within('<x:script xmlns:x="http://www.w3.org/2000/svg"/>')],
  ['an entity bomb', `<!DOCTYPE svg [<!ENTITY a "aa">]>${within('<title>&a;</title>')}`],
  ['a stylesheet', `<?xml-stylesheet href="a.css"?>${within('')}`],
  ['another document', '<html viewBox="0 0 1 1"><body/></html>'],
  ['an open end', '<svg viewBox="0 0 1 1">'],
  ['nothing', ''],
])('%s does not reach a customer’s browser', (_what, document) => {
  expect(cleanSvg(document)).toMatchObject({ ok: false, problem: expect.any(String) as unknown })
})

test('whatever is uploaded, what is stored holds no script, handler or address', () => {
  const piece = fc.constantFrom(
    '<path d="M0"/>',
    '<script/>',
    '<g>',
    '</g>',
    ' onload="x"',
    '&lt;script&gt;',
    '<![CDATA[',
    '<path fill="url(//a)"/>',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const cleaned = cleanSvg(within(pieces.join('')))
      if (cleaned.ok) expect(cleaned.svg).not.toMatch(/<script|<[^>]*onload|<!\[|url\(\/\//i)
    }),
  )
})

test('letters of a name cannot become markup', () => {
  const icon = drawIcon({ name: 'x', slug: 'x', icon: { monogram: '<&"' } })
  expect(icon).toContain('&lt;&amp;&quot;</text>')
})
