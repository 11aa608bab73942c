/** The API as controllers in the same process see it. */
import { asArray, asObject, asString, at, equal, isObject, type JsonObject } from '../json.ts'
import { badRequest, conflict, reasonOf } from '../errors.ts'
import { resourceOf } from '../registry/resources.ts'
import { type Store } from '../store.ts'
import { type Api, type Clock, type KubeObject } from '../types.ts'
import { deleteObject } from './delete.ts'
import { type Operations } from './operations.ts'
import { plainOptions, type Subresource, type WriteOptions } from './request.ts'

const controllerManager = 'kube-controller-manager'

/** Controllers leave a trace in managed fields only where there are some: objects of their own stay small. */
function optionsFor(previous: KubeObject | undefined): WriteOptions {
  return previous?.metadata.managedFields ? { ...plainOptions(), fieldManager: controllerManager } : plainOptions()
}

export function createLocalApi(store: Store, clock: Clock, operations: Operations): Api {
  function update(key: string, object: KubeObject, subresource: Subresource): KubeObject {
    const { namespace, name } = object.metadata
    const previous = store.get(key, namespace, name)
    const options = subresource === 'status' ? plainOptions() : optionsFor(previous)
    return operations.update({ resource: resourceOf(key), namespace, name }, () => object, options, subresource)
  }

  return {
    get: store.get,
    list: store.list,
    listOwned: store.listOwned,
    listDependents: store.listDependents,
    create(key, object) {
      if (!isObject(object)) throw badRequest('an object is required')
      const namespace = asObject(object.metadata).namespace
      const resource = resourceOf(key)
      return operations.create(resource, typeof namespace === 'string' ? namespace : undefined, object, plainOptions())
    },
    update: (key, object) => update(key, object, ''),
    updateStatus: (key, object) => update(key, object, 'status'),
    bind: (namespace, pod, node) => bindPod(operations, namespace, pod, node),
    delete(key, namespace, name, options = {}) {
      deleteObject(store, clock, { resource: resourceOf(key), namespace, name }, options)
    },
    remove(key, namespace, name) {
      const resource = resourceOf(key)
      const object = store.get(key, namespace, name)
      if (!object) return
      if (key === 'namespaces') releaseNamespace(store, object)
      else {
        try {
          deleteObject(
            store,
            clock,
            { resource, namespace, name },
            { gracePeriodSeconds: 0, propagationPolicy: 'Background' },
          )
        } catch (error) {
          if (reasonOf(error) !== 'NotFound') throw error
        }
      }
    },
    onChange: (listener) => store.subscribe(listener),
  }
}

/** Kubernetes lets go of a namespace; it is gone unless someone else holds it by a finalizer. */
function releaseNamespace(store: Store, object: KubeObject): void {
  const left = asArray(at(object, 'spec', 'finalizers')).filter((each) => each !== 'kubernetes')
  const { name, finalizers } = object.metadata
  if (left.length === 0 && !finalizers?.length) {
    store.remove('namespaces', undefined, name)
    return
  }
  const spec = { ...asObject(object.spec), finalizers: left }
  if (!equal(spec, object.spec)) store.put('namespaces', { ...object, metadata: { ...object.metadata }, spec })
}

/** Assigns a pod to a node, once: 409 when it has one. */
export function bindPod(operations: Operations, namespace: string, name: string, node: string): KubeObject {
  const resource = resourceOf('pods')
  return operations.update(
    { resource, namespace, name },
    (pod): JsonObject => {
      const spec = asObject(pod.spec)
      if (spec.nodeName)
        throw conflict(resource, name, `pod ${name} is already assigned to node "${asString(spec.nodeName) ?? ''}"`)
      return { ...pod, spec: { ...spec, nodeName: node } }
    },
    plainOptions(),
    'binding',
  )
}
