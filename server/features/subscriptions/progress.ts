import type { Assessment } from './conditions.ts'
import type { DesiredRow } from './desired.ts'
import type { OperationUpdate } from './observation.ts'

/**
 * What an assessment means for the operation that is under way. Undefined where there is none or nothing moved.
 * A deadline that is not set does not count: the cluster is away.
 */
export function progressOf(
  row: DesiredRow,
  assessment: Assessment,
  absent: boolean,
  now: Date,
): OperationUpdate | undefined {
  const { operation } = row
  if (!operation || (operation.state !== 'PENDING' && operation.state !== 'RUNNING')) return undefined
  const { cause, step, progress, settled } = assessment
  const common = {
    id: operation.id,
    step,
    progress,
    cause: cause?.message ?? null,
    nextAction: withWayBack(row, cause?.nextAction) ?? null,
  }
  if (absent || settled) {
    return {
      ...common,
      state: 'SUCCEEDED',
      step: absent ? 'Deleted' : step,
      progress: 100,
      cause: null,
      nextAction: null,
    }
  }
  if (cause?.final || (operation.deadlineAt !== null && new Date(operation.deadlineAt) <= now)) {
    return {
      ...common,
      state: 'FAILED',
      cause: cause?.message ?? `It was not done in time; the last step was "${step}".`,
      nextAction:
        withWayBack(row, cause?.nextAction ?? 'Berth goes on trying. Look at the pods and their logs, or cancel.') ??
        null,
    }
  }
  const moved =
    operation.state === 'PENDING' ||
    operation.step !== step ||
    operation.progress !== progress ||
    operation.cause !== common.cause
  return moved ? { ...common, state: 'RUNNING' } : undefined
}

/** Of an upgrade that does not come up. It never goes back by itself: only its owner knows what the data became. */
function withWayBack({ operation, previousRevision }: DesiredRow, nextAction: string | undefined): string | undefined {
  if (nextAction === undefined || operation?.kind !== 'UPGRADE' || previousRevision === null) return nextAction
  return `${nextAction} Or go back: upgrade it to revision ${previousRevision}, which it ran before.`
}
