/**
 * Server-side apply, and the bookkeeping of ordinary writes that makes it possible
 * (KEP-555; sigs.k8s.io/structured-merge-diff/merge/update.go).
 */
import { applyConflict, type ApiError } from '../errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import { type FieldType } from '../schema/schema.ts'
import {
  type FieldSet,
  emptySet,
  intersectSets,
  isEmptySet,
  pathsOf,
  sameSet,
  subtractSets,
  unionSets,
} from './field-set.ts'
import { isReset, type Manager, ownable, readManagers, sameManager, writeManagers } from './managed-fields.ts'
import { type Comparison, compareValues, fieldSetOf, mergeValues, pruneValue } from './typed.ts'

export type Writer = { manager: string; subresource: string; apiVersion: string; hasStatus: boolean; time: string }

function describe(manager: Manager): string {
  const name = JSON.stringify(manager.name) + (manager.subresource ? ` with subresource "${manager.subresource}"` : '')
  if (manager.operation === 'Apply') return name
  return `${name} using ${manager.apiVersion}${manager.time ? ` at ${manager.time}` : ''}`
}

function conflictError(conflicts: readonly { manager: Manager; path: string }[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describe(manager)}`,
    field: path,
  }))
  const [only] = conflicts
  if (only && conflicts.length === 1) {
    return applyConflict(causes, `Apply failed with 1 conflict: conflict with ${describe(only.manager)}: ${only.path}`)
  }
  const lines: string[] = []
  for (const manager of [...new Set(conflicts.map((each) => each.manager))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    lines.push(`conflicts with ${describe(manager)}:`)
    lines.push(...conflicts.filter((each) => each.manager === manager).map((each) => `- ${each.path}`))
  }
  return applyConflict(causes, `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`)
}

/** What others lose by a change: fields that were set anew, and fields that are gone. */
function disown(manager: Manager, change: Comparison): Manager {
  const lost = unionSets(unionSets(change.added, change.modified), change.removed)
  const fields = subtractSets(manager.fields, lost)
  return sameSet(fields, manager.fields) ? manager : { ...manager, fields }
}

function withManagers(object: JsonObject, managers: readonly Manager[]): JsonObject {
  const { managedFields: _, ...metadata } = isObject(object.metadata) ? object.metadata : {}
  const entries = writeManagers(managers)
  return { ...object, metadata: entries.length ? { ...metadata, managedFields: entries } : metadata }
}

function ownableChange(change: Comparison, writer: Writer): Comparison {
  const own = (set: FieldSet): FieldSet => ownable(set, writer.subresource, writer.hasStatus)
  return { added: own(change.added), modified: own(change.modified), removed: own(change.removed) }
}

/** The object after an ordinary write, with what was changed recorded as the writer's. */
export function trackUpdate(live: JsonObject, written: JsonObject, type: FieldType, writer: Writer): JsonObject {
  const given = isObject(written.metadata) ? written.metadata.managedFields : undefined
  const kept = isObject(live.metadata) ? live.metadata.managedFields : undefined
  const managers = isReset(given)
    ? []
    : readManagers(writer.subresource === '' && Array.isArray(given) && given.length ? given : kept)
  const change = ownableChange(compareValues(live, written, type), writer)
  const gained = unionSets(change.added, change.modified)
  const self: Manager = {
    name: writer.manager,
    operation: 'Update',
    apiVersion: writer.apiVersion,
    ...(writer.subresource ? { subresource: writer.subresource } : {}),
    time: writer.time,
    fields: gained,
  }
  const known = managers.find((each) => sameManager(each, self))
  const others = managers.filter((each) => each !== known).map((each) => disown(each, change))
  const fields = known ? unionSets(subtractSets(known.fields, change.removed), gained) : gained
  const unchanged = known !== undefined && sameSet(fields, known.fields)
  return withManagers(written, [...others, unchanged ? known : { ...self, fields }])
}

/**
 * The live object (undefined: there is none) with an applied configuration merged in: fields that this manager applied
 * before and no longer does are removed unless someone else owns them. Throws 409 when it would change fields of others
 * and is not forced.
 */
export function applyConfiguration(
  live: JsonObject | undefined,
  applied: JsonObject,
  type: FieldType,
  writer: Writer,
  force: boolean,
): JsonObject {
  const managers = readManagers(isObject(live?.metadata) ? live.metadata.managedFields : undefined)
  const self: Manager = {
    name: writer.manager,
    operation: 'Apply',
    apiVersion: writer.apiVersion,
    ...(writer.subresource ? { subresource: writer.subresource } : {}),
    time: writer.time,
    fields: ownable(fieldSetOf(applied, type), writer.subresource, writer.hasStatus),
  }
  const known = managers.find((each) => sameManager(each, self))
  let others = managers.filter((each) => each !== known)
  if (live && managers.length === 0) {
    const before = ownable(fieldSetOf(live, type), writer.subresource, writer.hasStatus)
    others = [{ ...self, operation: 'Update', name: 'before-first-apply', fields: before }]
  }
  const merged = mergeValues(live ?? {}, applied, type)
  const owned = others.reduce((all, each) => unionSets(all, each.fields), self.fields)
  const dropped = known ? subtractSets(known.fields, owned) : emptySet()
  const pruned = known && !isEmptySet(dropped) ? pruneValue(merged, known.fields, owned, type) : merged
  const result = isObject(pruned) ? pruned : {}
  const change = ownableChange(compareValues(live ?? {}, result, type), writer)
  const conflicts = others.flatMap((manager) => {
    const taken = intersectSets(manager.fields, unionSets(change.added, change.modified))
    return pathsOf(taken).map((path) => ({ manager, path }))
  })
  if (conflicts.length && !force) throw conflictError(conflicts)
  const unchanged = known !== undefined && sameSet(known.fields, self.fields)
  return withManagers(result, [...others.map((each) => disown(each, change)), unchanged ? known : self])
}
