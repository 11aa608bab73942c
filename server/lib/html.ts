/**
 * HTML that is escaped by construction: what is put into a template is text, unless it is itself the result of one.
 * There is no way to put markup in by accident, and none to do it on purpose.
 */

const markup = Symbol('markup')
export type Html = { readonly [markup]: string }
type Content = Html | string | number | readonly Html[]

/** @example html`<p>${name}</p>` */
export const html = (strings: TemplateStringsArray, ...contents: readonly Content[]): Html => ({
  [markup]: strings.reduce((page, string, index) => page + textOf(contents[index - 1] ?? '') + string),
})

/** What is sent to a browser, or in a mail. */
export const toMarkup = (page: Html): string => page[markup]

const textOf = (content: Content): string => {
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content))
  return isHtml(content) ? content[markup] : content.map(toMarkup).join('')
}

const isHtml = (content: Html | readonly Html[]): content is Html => markup in content

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Right for text and for attributes in quotes. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
