import type { Client } from '@berth/client'

type Letter = { kind: string; links: string[] }

/** Follows the link in the mail that a server without a mail server shows on its own page. */
export async function confirmAddress(client: Client, email: string): Promise<void> {
  const token = await tokenFor(client.baseUrl, email)
  if (token === undefined)
    throw new Error(
      'The server wants new addresses confirmed, and its mails cannot be read here: ' +
        'set BERTH_EMAIL and BERTH_PASSWORD to those of an account that there is.',
    )
  const { response } = await client.POST('/api/v1/auth/verify-email', { body: { token } })
  if (!response.ok) throw new Error(`The link in the mail to ${email} was answered ${response.status}.`)
}

async function tokenFor(baseUrl: string, email: string): Promise<string | undefined> {
  const response = await fetch(`${baseUrl}/mailbox.json?to=${encodeURIComponent(email)}`)
  if (!response.ok) return undefined
  const { data } = (await response.json()) as { data: Letter[] }
  const links = data.find(({ kind }) => kind === 'verify-email')?.links ?? []
  return links.map((link) => link.split('#token=')[1]).find((token) => token !== undefined)
}
