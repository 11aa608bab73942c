// Sends the form of an account page to the API. Nothing is sent before a person presses the button: what follows the
// links in mails by itself, such as a virus scanner, uses nothing up.
/* global document, fetch, history, location, URLSearchParams, window */

const form = document.querySelector('form')
const failure = document.querySelector('#failure')
const done = document.querySelector('#done')
const explains = document.querySelector('#explains')
const button = form.querySelector('button')
const needsToken = form.dataset.token === 'needed'

const tell = (element, text) => {
  if (text) element.textContent = text
  element.hidden = false
  element.focus()
}

// Behind the #, so that no server, no log and no Referer ever has it.
const readToken = () => new URLSearchParams(location.hash.slice(1)).get('token') ?? ''

const showOrHide = () => {
  const incomplete = needsToken && readToken() === ''
  form.hidden = incomplete
  explains.hidden = incomplete
  failure.hidden = true
  if (incomplete) tell(failure, 'The link is not complete. Open it from the mail, or copy all of it from there.')
}

const fieldsOf = () => {
  const inputs = [...form.querySelectorAll('input[name]')]
  return Object.fromEntries(inputs.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]))
}

const labelOf = (name) => form.elements.namedItem(name)?.labels?.[0]?.textContent ?? name

// What is wrong with a field is a sentence of its own, or the end of one that begins with the field.
const sentenceOf = ({ pointer, detail }) =>
  /^[A-Z].*\.$/.test(detail) ? detail : `${labelOf(pointer.slice(1))} ${detail}.`

// A problem document (RFC 9457) says what is wrong in words, and of each field where it stands. That of a request that
// is not valid names fields as programs do, and says nothing that its fields do not.
const reasonOf = async (response) => {
  const { code, detail, errors = [] } = await response.json().catch(() => ({}))
  const sentences = errors.map(sentenceOf)
  if (code === 'INVALID_REQUEST' && sentences.length > 0) return sentences.join(' ')
  return [detail ?? 'That did not work. Try again in a moment.', ...sentences].join(' ')
}

const send = async () => {
  failure.hidden = true
  button.disabled = true
  const token = needsToken ? { token: readToken() } : {}
  try {
    const response = await fetch(form.dataset.endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...token, ...fieldsOf() }),
      credentials: 'omit',
      cache: 'no-store',
    })
    if (!response.ok) return tell(failure, await reasonOf(response))
    form.hidden = true
    explains.hidden = true
    // It is used up, and has no place in the history.
    history.replaceState(null, '', location.pathname)
    tell(done)
  } catch {
    tell(failure, 'The server could not be reached. Check your connection and press the button again.')
  } finally {
    button.disabled = false
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void send()
})
for (const box of form.querySelectorAll('[data-shows]')) {
  const input = form.querySelector(`#${box.dataset.shows}`)
  box.addEventListener('change', () => (input.type = box.checked ? 'text' : 'password'))
}
window.addEventListener('hashchange', showOrHide)
showOrHide()
