import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/types.ts'
import { recordAudit } from '../db/audit-trail.ts'
import type { Database, Prisma } from '../db/database.ts'
import type { Cluster } from '../db/generated/client.ts'
import { createKubeClient } from '../kube/client.ts'
import type { Clusters } from '../kube/clusters.ts'
import { isKubeError } from '../kube/errors.ts'
import { invalid } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'

const clusterName = 'default'

type Deps = { database: Database; clusters: Clusters; config: Config; log: Logger }
type Source = { kubeconfigFile: string } | { inCluster: true }

/** The cluster that the settings name, else the simulated one. */
export function clusterSource({ kubeconfig }: Config, simulated: { kubeconfigFile: string } | undefined): Source {
  if (kubeconfig && 'inCluster' in kubeconfig) return kubeconfig
  if (kubeconfig) return { kubeconfigFile: kubeconfig.file }
  if (simulated) return { kubeconfigFile: simulated.kubeconfigFile }
  throw new Error('there is neither a cluster nor a simulated one')
}

/**
 * Writes what the settings say of the cluster to its row, and registers its client. Asks the cluster nothing: one that
 * is away is a state that the reconciler shows, not a reason not to start. Throws `invalid` where the kubeconfig
 * itself cannot work.
 */
export async function registerCluster(source: Source, { database, clusters, config, log }: Deps): Promise<void> {
  const id = await writeCluster(database, config)
  try {
    clusters.register(id, createKubeClient(source, { log }))
  } catch (error) {
    if (!isKubeError(error)) throw error
    throw invalid('KUBECONFIG', `KUBECONFIG does not lead to a cluster: ${error.message}`, { cause: error })
  }
}

async function writeCluster(database: Database, { cluster, kubeconfig }: Config): Promise<string> {
  const told = {
    simulated: kubeconfig === undefined,
    baseDomain: cluster.baseDomain ?? null,
    ingressClass: cluster.ingressClass ?? null,
    ...(cluster.ingressSelector && { ingressSelector: cluster.ingressSelector }),
    dnsSelector: cluster.dnsSelector,
    storageClass: cluster.storageClass ?? null,
    storageBytes: cluster.storageBytes === undefined ? null : BigInt(cluster.storageBytes),
    blockedCidrs: [...cluster.blockedCidrs],
    cpuOvercommitPercent: cluster.cpuOvercommitPercent,
  }
  return database.transaction(async (tx) => {
    const before = await tx.cluster.findUnique({ where: { name: clusterName } })
    const after = await tx.cluster.upsert({
      where: { name: clusterName },
      create: { id: newId(), name: clusterName, ...told },
      update: told,
    })
    const settings = [before && settingsOf(before), settingsOf(after)] as const
    if (!isDeepStrictEqual(...settings)) {
      await recordAudit(tx, {
        action: before ? 'cluster.configure' : 'cluster.register',
        targetType: 'cluster',
        targetId: after.id,
        ...(settings[0] && { before: settings[0] }),
        after: settings[1],
      })
    }
    return after.id
  })
}

/** What the settings decide of it, as JSON has it. */
const settingsOf = (cluster: Cluster): Prisma.InputJsonObject => ({
  simulated: cluster.simulated,
  baseDomain: cluster.baseDomain,
  ingressClass: cluster.ingressClass,
  ingressSelector: cluster.ingressSelector,
  dnsSelector: cluster.dnsSelector,
  storageClass: cluster.storageClass,
  storageBytes: cluster.storageBytes === null ? null : Number(cluster.storageBytes),
  blockedCidrs: cluster.blockedCidrs,
  cpuOvercommitPercent: cluster.cpuOvercommitPercent,
})
