import { z } from 'zod'
import { NotificationState } from '../../db/generated/enums.ts'
import { idParam, time } from '../../http/schemas.ts'
import { mailKinds } from './mails.ts'

/** What administrators see of a mail: that it left, or why not. Never what it says, which may let somebody in. */
export const notificationSchema = z
  .object({
    id: idParam('notification'),
    kind: z.string().meta({ description: 'What it tells.', examples: ['verify-email'] }),
    recipient: z.string(),
    userId: idParam('user').nullable().meta({ description: 'Whose account it is about, where there is one.' }),
    state: z.enum(NotificationState),
    attempts: z.int().meta({ description: 'How often it was handed to the mail server.' }),
    lastError: z.string().nullable().meta({ description: 'Why it waits or failed, in words.' }),
    retryable: z.boolean().meta({ description: 'Whether it can be sent again: what it says is still there.' }),
    sentAt: time.nullable(),
    createdAt: time,
  })
  .meta({ id: 'Notification' })

export const stateFilter = z.enum(NotificationState)
export const kindFilter = z.enum(mailKinds)
