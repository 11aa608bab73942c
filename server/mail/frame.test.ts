import { expect, test } from 'vitest'
import { frameMail, type MailContent } from './frame.ts'

const content = (given: Partial<MailContent>): MailContent => ({
  subject: 'Subject',
  preview: 'Preview',
  heading: 'Heading',
  blocks: [],
  reason: 'Reason',
  ...given,
})
const hostile = `"><script>alert('1')</script>&\u202e\u0000`

test('nothing that somebody typed becomes markup, in any place', () => {
  const { html } = frameMail(
    content({
      subject: hostile,
      preview: hostile,
      heading: hostile,
      reason: hostile,
      blocks: [
        { paragraph: hostile },
        { note: hostile },
        { facts: [[hostile, hostile]] },
        { button: { label: hostile, link: `https://berth.test/?a=${hostile}` } },
      ],
    }),
  )
  expect(html).not.toContain('<script')
  expect(html).not.toContain(`"><`)
  expect(html).not.toContain('\u202e')
  expect(html).not.toContain('\0')
  expect(html.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(8)
})

test('nothing is loaded from anywhere', () => {
  const { html } = frameMail(content({ blocks: [{ button: { label: 'Go', link: 'https://berth.test/x' } }] }))
  expect(html).not.toMatch(/<img|<link|<script|@import|url\(|src=/)
})

test('a link leads to a web page, or there is no mail', () => {
  const withLink = (link: string) => () => frameMail(content({ blocks: [{ button: { label: 'Go', link } }] }))
  expect(withLink('javascript:alert(1)')).toThrow('web page')
  expect(withLink('data:text/html,x')).toThrow('web page')
  expect(withLink('https://berth.test/x#token=1')).not.toThrow()
})

test('the text says what the HTML says, and a line stays a line', () => {
  const { text, subject } = frameMail(
    content({
      subject: 'A\r\nB',
      blocks: [
        { paragraph: 'One\ntwo' },
        { facts: [['When', 'now']] },
        { button: { label: 'Go', link: 'https://berth.test/x#token=1' } },
        { note: 'Quietly.' },
      ],
    }),
  )
  expect(subject).toBe('A B')
  expect(text).toBe(
    'Heading\n\nOne two\n\n  When:        now\n\nGo:\nhttps://berth.test/x#token=1\n\nQuietly.\n\n-- \nBerth. Reason\n',
  )
})
