import { type Condition } from './kinds.ts'

/** The condition of that type, if there is one. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True'
}

/** The conditions with that one set. `lastTransitionTime` stays what it was while the status stays. */
export function withCondition(conditions: readonly Condition[] | undefined, condition: Condition): Condition[] {
  const all = conditions ?? []
  const before = conditionOf(all, condition.type)
  const kept =
    before?.status === condition.status && before.lastTransitionTime !== undefined
      ? { ...condition, lastTransitionTime: before.lastTransitionTime }
      : condition
  return before ? all.map((each) => (each === before ? kept : each)) : [...all, kept]
}
