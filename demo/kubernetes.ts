import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'

/** What the demonstration does to the cluster behind Berth's back, and sees there with its own eyes. */
export type Saboteur = {
  deleteService(namespace: string): Promise<Deleted>
  deletePod(namespace: string): Promise<Deleted>
  /** The UIDs of the namespace's objects of a kind that are not being deleted, by name. */
  uids(namespace: string, kind: Kind): Promise<ReadonlyMap<string, string>>
  namespaceExists(namespace: string): Promise<boolean>
}
type Kind = 'Service' | 'Pod' | 'PersistentVolumeClaim'
type Deleted = { readonly name: string; readonly uid: string }

/** The kubeconfig of the cluster that the server drives: KUBECONFIG, else the simulated cluster's beside the data. */
export function kubeconfigOf(env: NodeJS.ProcessEnv, dataDirectory: string): string {
  const file = env['KUBECONFIG'] || join(dataDirectory, 'simulator', 'kubeconfig')
  if (existsSync(file)) return file
  throw new Error(
    `There is no kubeconfig at ${file}: set KUBECONFIG to that of the cluster that the server drives, ` +
      'or BERTH_DATA_DIR to the data directory of its simulated cluster.',
  )
}

export function createSaboteur(kubeconfig: string): Saboteur {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  const lists = {
    Service: (namespace: string) => core.listNamespacedService({ namespace }),
    Pod: (namespace: string) => core.listNamespacedPod({ namespace }),
    PersistentVolumeClaim: (namespace: string) => core.listNamespacedPersistentVolumeClaim({ namespace }),
  }
  const uids = async (namespace: string, kind: Kind): Promise<Map<string, string>> => {
    const { items } = await lists[kind](namespace)
    const living = items.map(({ metadata = {} }) => metadata).filter((metadata) => !metadata.deletionTimestamp)
    return new Map(living.map(({ name = '', uid = '' }) => [name, uid]))
  }
  const first = async (namespace: string, kind: Kind): Promise<Deleted> => {
    const [found] = await uids(namespace, kind)
    if (!found) throw new Error(`There is no ${kind} in ${namespace}.`)
    return { name: found[0], uid: found[1] }
  }
  return {
    uids,
    async deleteService(namespace) {
      const service = await first(namespace, 'Service')
      await core.deleteNamespacedService({ namespace, name: service.name })
      return service
    },
    async deletePod(namespace) {
      const pod = await first(namespace, 'Pod')
      await core.deleteNamespacedPod({ namespace, name: pod.name })
      return pod
    },
    async namespaceExists(namespace) {
      const { items } = await core.listNamespace({ fieldSelector: `metadata.name=${namespace}` })
      return items.length > 0
    },
  }
}
