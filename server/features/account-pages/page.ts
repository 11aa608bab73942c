import { html, toMarkup, type Html } from '../../lib/html.ts'

/** The form of a page that a link in a mail leads to. */
export type AccountPage = {
  /** Below the public address, without slashes. */
  path: string
  title: string
  /** What happens when the button is pressed. */
  explains: string
  /** Absent where the page only tells something. */
  form?: Form
  links?: readonly (readonly [label: string, path: string])[]
}
type Form = {
  /** Below /api/v1/auth. */
  endpoint: string
  /** Whether it needs what stands behind the # of the address. */
  token: boolean
  fields: readonly Field[]
  button: string
  done: string
}
type Field = {
  name: string
  label: string
  hint: string
  type: 'text' | 'email' | 'password'
  autocomplete: string
  required: boolean
  minLength?: number
  maxLength: number
}

/**
 * Pure. Addresses in it are relative, so that it also works where Berth is reached below a path. It has no script and
 * no style inside: its policy forbids them.
 */
export const accountPageMarkup = ({ title, explains, form, links = [] }: AccountPage): string =>
  toMarkup(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <title>${title} – Berth</title>
          <link rel="stylesheet" href="account-pages/page.css" />
        </head>
        <body>
          <header><strong>Berth</strong></header>
          <main>
            <h1>${title}</h1>
            <p id="explains">${explains}</p>
            ${form ? formMarkup(form) : html``}
            ${
              links.length === 0
                ? html``
                : html`<nav aria-label="More">
                    <ul>
                      ${links.map(([label, path]) => html`<li><a href="${path}">${label}</a></li>`)}
                    </ul>
                  </nav>`
            }
          </main>
          ${form ? html`<script src="account-pages/page.js"></script>` : html``}
        </body>
      </html> `,
  )

const formMarkup = ({ endpoint, token, fields, button, done }: Form): Html =>
  html`<noscript
      ><p class="failure">
        This page needs JavaScript. Without it, use the API: POST /api/v1/auth/${endpoint}.
      </p></noscript
    >
    <p id="failure" class="failure" role="alert" tabindex="-1" hidden></p>
    <form
      action="#"
      data-endpoint="api/v1/auth/${endpoint}"
      data-token="${token ? 'needed' : 'none'}"
      aria-describedby="explains"
    >
      ${fields.map(fieldMarkup)}
      <button type="submit">${button}</button>
    </form>
    <div id="done" class="done" role="status" tabindex="-1" hidden><p>${done}</p></div>`

const fieldMarkup = ({ name, label, hint, type, autocomplete, required, minLength, maxLength }: Field): Html =>
  html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      maxlength="${maxLength}"
      aria-describedby="${name}-hint"
      ${minLength === undefined ? html`` : html` minlength="${minLength}"`}${required ? html` required` : html``}
    />
    <p id="${name}-hint" class="hint">${hint}</p>
    ${type === 'password' ? html`<label class="show"><input type="checkbox" data-shows="${name}" /> Show the password</label>` : html``}
  </div> `
