import { z } from 'zod'
import { OperationKind, OperationState } from '../../db/generated/enums.ts'
import { idParam, time } from '../../http/schemas.ts'

/** An operation as the API shows it. */
export const operationSchema = z
  .object({
    id: idParam('operation'),
    kind: z.enum(OperationKind),
    state: z.enum(OperationState),
    subscriptionId: idParam('subscription'),
    step: z.string().nullable().meta({ description: 'What is going on, in words.' }),
    progress: z.int().min(0).max(100),
    cause: z.string().nullable().meta({ description: 'Why it does not go on, or failed.' }),
    nextAction: z.string().nullable().meta({ description: 'What to do about it.' }),
    deadlineAt: time.nullable().meta({ description: 'Absent while the cluster is away: then it does not count.' }),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Operation' })

/** Where an operation is read: the `Location` of every 202. */
export const operationLocation = (encodedId: string): string => `/api/v1/operations/${encodedId}`
