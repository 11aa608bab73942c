import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'

/** What the demonstration does to the cluster behind Berth's back. */
export type Saboteur = {
  /** Deletes the first Service of the namespace that has an address, and gives its name and UID. */
  deleteService(namespace: string): Promise<Deleted>
  deletePod(namespace: string): Promise<Deleted>
  /** The UIDs of the namespace's living objects of a kind, by name. */
  uids(namespace: string, kind: 'Service' | 'Pod'): Promise<ReadonlyMap<string, string>>
  namespaceExists(namespace: string): Promise<boolean>
}
export type Deleted = { readonly kind: 'Service' | 'Pod'; readonly name: string; readonly uid: string }

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

  const list = async (namespace: string, kind: 'Service' | 'Pod') => {
    const { items } =
      kind === 'Service' ? await core.listNamespacedService({ namespace }) : await core.listNamespacedPod({ namespace })
    return items.map(({ metadata = {} }) => metadata).filter((metadata) => metadata.deletionTimestamp === undefined)
  }
  const first = async (namespace: string, kind: 'Service' | 'Pod'): Promise<Deleted> => {
    const [found] = await list(namespace, kind)
    if (!found?.name || !found.uid) throw new Error(`There is no ${kind} in ${namespace}.`)
    return { kind, name: found.name, uid: found.uid }
  }
  return {
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
    async uids(namespace, kind) {
      return new Map((await list(namespace, kind)).map(({ name = '', uid = '' }) => [name, uid]))
    },
    async namespaceExists(namespace) {
      const { items } = await core.listNamespace({ fieldSelector: `metadata.name=${namespace}` })
      return items.length > 0
    },
  }
}
