import { html, toMarkup, type Html } from '../lib/html.ts'

/**
 * What a mail says, and the one form that all of them have: HTML of simple tables that old clients show too, in light
 * and dark, without a remote image; and the same words as plain text.
 */
export type MailContent = {
  subject: string
  /** What the list of mails shows behind the subject. */
  preview: string
  heading: string
  blocks: readonly Block[]
  /** Why the reader gets this mail. */
  reason: string
}
export type Block =
  | { paragraph: string }
  | { button: { label: string; link: string } }
  | { facts: readonly (readonly [name: string, value: string])[] }
  /** Said more quietly: what to do if it was not you, how long a link lives. */
  | { note: string }

export type Framed = { subject: string; html: string; text: string }

/** Pure. Throws where a link leads anywhere but to a web page. */
export function frameMail(content: MailContent): Framed {
  return { subject: oneLine(content.subject), html: toMarkup(page(content)), text: plain(content) }
}

/** What people typed stays in its line, and takes no more room than a line has. */
const longestWords = 500
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
    .slice(0, longestWords)

/** As a browser would write it: without a character that could break a line or a tag. */
const webLink = (link: string): string => {
  const { protocol, href } = new URL(link)
  if (!/^https?:$/.test(protocol)) throw new Error('a link in a mail leads to a web page')
  return href
}

const font = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"

/** Clients that know dark mode read this; the others keep the colours that each element has itself. */
// prettier-ignore
const dark = html`
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .canvas { background: #0b1620 !important; }
  .card { background: #14222e !important; border-color: #24384a !important; }
  .ink { color: #e8f1f5 !important; }
  .quiet { color: #9fb3c1 !important; }
  .link { color: #7fd0ee !important; }
  .rule { border-color: #24384a !important; }
  .button { background: #7fd0ee !important; color: #0b1620 !important; }
}
@media (max-width: 600px) { .inner { padding: 24px 20px !important; } }`

const page = ({ subject, preview, heading, blocks, reason }: MailContent): Html =>
  html`<!doctype html>
    <html lang="en" dir="ltr">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <meta name="format-detection" content="telephone=no,date=no,address=no,email=no" />
        <title>${oneLine(subject)}</title>
        <style>
          ${dark}
        </style>
      </head>
      <body class="canvas" style="margin:0;padding:0;background:#f4f8fa;">
        <div style="display:none;max-height:0;overflow:hidden;opacity:0;">${oneLine(preview)}</div>
        <table
          role="presentation"
          class="canvas"
          width="100%"
          cellpadding="0"
          cellspacing="0"
          border="0"
          style="background:#f4f8fa;"
        >
          <tr>
            <td align="center" style="padding:32px 12px;">
              <table
                role="presentation"
                width="100%"
                cellpadding="0"
                cellspacing="0"
                border="0"
                style="max-width:560px;"
              >
                <tr>
                  <td class="ink" style="padding:0 4px 16px;${font}font-size:20px;font-weight:700;color:#0f2233;">
                    Berth
                  </td>
                </tr>
                <tr>
                  <td
                    class="card inner"
                    style="padding:36px 40px;background:#ffffff;border:1px solid #dde7ec;border-radius:12px;"
                  >
                    <h1
                      class="ink"
                      style="margin:0 0 16px;${font}font-size:24px;line-height:1.3;font-weight:700;color:#0f2233;"
                    >
                      ${oneLine(heading)}
                    </h1>
                    ${blocks.map(blockHtml)}
                  </td>
                </tr>
                <tr>
                  <td class="quiet" style="padding:20px 4px 0;${font}font-size:13px;line-height:1.5;color:#52687a;">
                    ${oneLine(reason)}
                  </td>
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html> `

function blockHtml(block: Block): Html {
  if ('paragraph' in block)
    return html`<p class="ink" style="margin:0 0 16px;${font}font-size:16px;line-height:1.6;color:#0f2233;">
      ${oneLine(block.paragraph)}
    </p>`
  if ('note' in block)
    return html`<p class="quiet" style="margin:0 0 16px;${font}font-size:14px;line-height:1.6;color:#52687a;">
      ${oneLine(block.note)}
    </p>`
  if ('facts' in block) return factsHtml(block.facts)
  return buttonHtml(block.button.label, webLink(block.button.link))
}

const factsHtml = (facts: readonly (readonly [string, string])[]): Html =>
  html`<table
    role="presentation"
    class="rule"
    width="100%"
    cellpadding="0"
    cellspacing="0"
    border="0"
    style="margin:0 0 20px;border-top:1px solid #dde7ec;"
  >
    ${facts.map(
      ([name, value]) =>
        html`<tr>
          <td
            class="quiet rule"
            valign="top"
            style="padding:10px 16px 10px 0;border-bottom:1px solid #dde7ec;${font}font-size:14px;color:#52687a;white-space:nowrap;"
          >
            ${oneLine(name)}
          </td>
          <td
            class="ink rule"
            width="100%"
            style="padding:10px 0;border-bottom:1px solid #dde7ec;${font}font-size:14px;color:#0f2233;word-break:break-word;"
          >
            ${oneLine(value)}
          </td>
        </tr>`,
    )}
  </table>`

/** The address is written below it too: a mail that is printed or read aloud loses its buttons. */
const buttonHtml = (label: string, link: string): Html =>
  html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 20px;">
      <tr>
        <td>
          <a
            class="button"
            href="${link}"
            style="display:inline-block;padding:14px 28px;border-radius:8px;background:#0b5d7a;${font}font-size:16px;font-weight:600;color:#ffffff;text-decoration:none;"
            >${oneLine(label)}</a
          >
        </td>
      </tr>
    </table>
    <p class="quiet" style="margin:0 0 20px;${font}font-size:13px;line-height:1.5;color:#52687a;">
      If the button does not work, open this address:<br /><a
        class="link"
        href="${link}"
        style="color:#0b5d7a;word-break:break-all;"
        >${link}</a
      >
    </p>`

function plain({ heading, blocks, reason }: MailContent): string {
  return [oneLine(heading), ...blocks.map(blockText), `-- \nBerth. ${oneLine(reason)}`].join('\n\n') + '\n'
}

function blockText(block: Block): string {
  if ('paragraph' in block) return oneLine(block.paragraph)
  if ('note' in block) return oneLine(block.note)
  if ('facts' in block)
    return block.facts.map(([name, value]) => `  ${`${oneLine(name)}:`.padEnd(12)} ${oneLine(value)}`).join('\n')
  return `${oneLine(block.button.label)}:\n${webLink(block.button.link)}`
}
