import { asStrings } from '../json.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'
export type Column = { name: string; type: string; format: string; description: string; priority: number }
export type Row = { cells: unknown[]; conditions?: unknown[] }
export function columnsOf(_resource: ResourceKey): Column[] {
  return [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }]
}
export function rowOf(_resource: ResourceKey, object: KubeObject, _now: Date): Row {
  return { cells: [object.metadata.name, asStrings({})].slice(0, 1) }
}
