/** What `kubectl get` shows of each kind: columns, and a row of an object. */
import { type KubeObject, type ResourceKey } from '../types.ts'
import { clusterColumns } from './columns-cluster.ts'
import { age, type Column, type Columns, column } from './columns-shared.ts'
import { workloadColumns } from './columns-workloads.ts'

export type Row = { cells: unknown[]; conditions?: unknown[] }

const plain: Columns = {
  definitions: [column('Name', 'string', 'name'), column('Created At', 'date')],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
}

const byKind: Readonly<Record<ResourceKey, Columns>> = { ...workloadColumns, ...clusterColumns }

export function columnsOf(resource: ResourceKey): readonly Column[] {
  return (byKind[resource] ?? plain).definitions
}

/** The cells of an object; a pod that has ended is marked, so that clients may leave it out. */
export function rowOf(resource: ResourceKey, object: KubeObject, now: Date): Row {
  const cells = (byKind[resource] ?? plain).cells(object, age(object.metadata.creationTimestamp, now), now)
  if (resource !== 'pods') return { cells }
  const phase = (object.status as { phase?: unknown } | undefined)?.phase
  if (phase !== 'Succeeded' && phase !== 'Failed') return { cells }
  return {
    cells,
    conditions: [{ type: 'Completed', status: 'True', reason: phase, message: 'The pod has completed.' }],
  }
}
