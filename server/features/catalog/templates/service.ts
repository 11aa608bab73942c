import type { Database, Db } from '../../../db/database.ts'
import { invalid } from '../../../lib/errors.ts'
import type { ClusterSettings, PlanResources } from '../../../workload/manifests/index.ts'
import { readWorkloadSpec } from '../../../workload/spec.ts'
import { findPlan } from '../plans/store.ts'
import { planAbsent, revisionAbsent, serviceAbsent } from '../refusals.ts'
import type { Preview, PreviewRequest } from './model.ts'
import { previewOf } from './preview.ts'
import { acceptTemplate, readTemplate } from './read.ts'

export type Templates = ReturnType<typeof createTemplates>

/** What an operator asks of a template before anything is stored. */
export function createTemplates({ database }: { database: Database }) {
  const { prisma } = database
  return {
    validate: (source: string) => readTemplate(source),

    async preview(request: PreviewRequest): Promise<Preview> {
      const [{ spec, warnings }, plan, cluster] = await Promise.all([
        specFor(prisma, request),
        resourcesFor(prisma, request),
        clusterSettings(prisma),
      ])
      return { ...previewOf({ spec, plan, parameters: request.parameters, cluster }), warnings: [...warnings] }
    },
  }
}

async function specFor(db: Db, { template, serviceId, revision }: PreviewRequest) {
  if ((template === undefined) === (serviceId === undefined))
    throw oneOf('/template', 'either a template or a serviceId is expected')
  if (template !== undefined) return acceptTemplate(template)
  const service = await db.service.findUnique({ where: { id: serviceId ?? '' }, include: { currentRevision: true } })
  if (!service) throw serviceAbsent()
  const found =
    revision === undefined
      ? service.currentRevision
      : await db.serviceRevision.findUnique({
          where: { serviceId_number: { serviceId: service.id, number: revision } },
        })
  if (!found) throw revisionAbsent(revision)
  return { spec: readWorkloadSpec(found.spec), warnings: [] }
}

async function resourcesFor(db: Db, { planId, resources }: PreviewRequest): Promise<PlanResources> {
  if ((planId === undefined) === (resources === undefined))
    throw oneOf('/planId', 'either a planId or resources are expected')
  const plan = planId === undefined ? undefined : await findPlan(db, planId)
  if (plan === null) throw planAbsent()
  const sizes = plan?.currentVersion ?? resources
  if (!sizes) throw planAbsent()
  const { cpuMillicores, memoryBytes, storageBytes, replicas } = sizes
  return { cpuMillicores, memoryBytes: Number(memoryBytes), storageBytes: Number(storageBytes), replicas }
}

/** As the next order would find them; of a cluster that is not there yet, an example. */
async function clusterSettings(db: Db): Promise<ClusterSettings> {
  const cluster = await db.cluster.findFirst({ orderBy: { createdAt: 'asc' } })
  if (!cluster) return { baseDomain: 'apps.example.com', blockedCidrs: [] }
  const { baseDomain, ingressClass, storageClass, certificateIssuer, blockedCidrs } = cluster
  return { baseDomain, ingressClass, storageClass, certificateIssuer, blockedCidrs }
}

const oneOf = (pointer: string, detail: string) =>
  invalid('INVALID_REQUEST', `The request is not valid: ${detail}.`, { fields: [{ pointer, detail }] })
