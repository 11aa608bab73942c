import type { Database } from '../../db/database.ts'
import { testDatabase } from '../database.ts'
import { eventually } from '../eventually.ts'
import type { KubernetesTarget, TestCluster } from '../kubernetes.ts'
import { startBerth, type Berth } from './berth.ts'
import { offerServices } from './catalog.ts'
import { removeNamespaces } from './objects.ts'

/** What a whole Berth runs on: a cluster, and a database with a catalog in it. */
export type Stage = {
  cluster: TestCluster
  database: Database
  databaseUrl: string
  /** Removes what is left of this stage from the cluster, too. */
  strike(): Promise<void>
}

export async function setStage(start: KubernetesTarget['start']): Promise<Stage> {
  const cluster = await start()
  const { database, url, ...made } = await testDatabase()
  await offerServices(database)
  return {
    cluster,
    database,
    databaseUrl: url,
    async strike() {
      const installation = await database.prisma.installation.findFirst()
      if (installation) await removeNamespaces(cluster.admin, installation.id)
      await made.drop()
      await cluster.stop()
    },
  }
}

/** In this process, once it has seen its cluster: before that nothing can be sold, because no worker is known. */
export async function startOn(
  stage: Stage,
  kubeconfigFile = stage.cluster.kubeconfigFile,
  settings: Readonly<Record<string, string>> = {},
): Promise<Berth> {
  const berth = await startBerth({ databaseUrl: stage.databaseUrl, kubeconfigFile, settings })
  await seesWorkers(stage.database)
  return berth
}

export const seesWorkers = (database: Database): Promise<number> =>
  eventually(async () => (await database.prisma.worker.count({ where: { ready: true, schedulable: true } })) || false, {
    deadlineMs: 30_000,
  })
