/** A mail as it is handed to a mail server. */
export type Message = {
  /** Of the row that it is sent for: the same one each time, so that a second delivery can be recognised. */
  readonly id: string
  /** One address, without a name. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Why a mail was not taken, in words that hold no secret: it has no cause, because that would. */
export type Refusal = Error & {
  /** This mail will never be taken as it is, while others may be. */
  readonly permanent: boolean
}

export const refusal = (message: string, { permanent }: { permanent: boolean }): Refusal =>
  Object.assign(new Error(message), { name: 'Refusal', permanent })

export const isRefusal = (error: unknown): error is Refusal => error instanceof Error && error.name === 'Refusal'
