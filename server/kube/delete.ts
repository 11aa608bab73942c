import { isKubeError } from './errors.ts'
import type { ObjectRef } from './object.ts'
import { objectPath } from './resources.ts'
import type { Transport } from './transport.ts'

export type DeleteOptions = { propagation?: 'Background' | 'Foreground'; uid?: string }

/**
 * Asks for an object's end. True when the API server accepted that (finalizers and graceful termination may still keep
 * the object for a while), false when it is absent already or, with a `uid`, when the name belongs to another object.
 */
export const createDelete =
  (transport: Transport) =>
  async (ref: ObjectRef, { propagation, uid }: DeleteOptions = {}): Promise<boolean> => {
    try {
      await transport.send({
        method: 'DELETE',
        path: objectPath(ref, ref.name, ref.namespace),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          ...(propagation && { propagationPolicy: propagation }),
          ...(uid !== undefined && { preconditions: { uid } }),
        },
      })
      return true
    } catch (error) {
      if (!isKubeError(error)) throw error
      if (error.kind === 'notFound' || (uid !== undefined && error.kind === 'conflict')) return false
      throw error
    }
  }
