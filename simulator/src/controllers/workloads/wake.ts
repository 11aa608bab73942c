import { type Changes } from '../shared/changes.ts'
import { type Queue } from '../shared/queue.ts'
import { controllerOf } from '../shared/pods.ts'

/** Queues the controller of that kind whenever one of its children changes, or stops being its child. */
export function wakeOwner(
  changes: Changes,
  child: 'pods' | 'replicasets.apps' | 'controllerrevisions.apps',
  ownerKind: string,
  queue: Queue,
): void {
  changes.on(child, ({ object, previous }) => {
    const owner = controllerOf(object)
    if (owner?.kind === ownerKind) queue.add(`${object.metadata.namespace}/${owner.name}`)
    const before = previous && controllerOf(previous)
    if (before?.kind === ownerKind && before.uid !== owner?.uid)
      queue.add(`${object.metadata.namespace}/${before.name}`)
  })
}
