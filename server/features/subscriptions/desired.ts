import type { Entitlement, OperationKind, OperationState, TlsState } from '../../db/generated/enums.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { EndpointView } from '../../workload/manifests/index.ts'
import type { Condition } from './conditions.ts'

/** Everything that one pass of the reconciler needs to know of a subscription, read in one query. */
export type DesiredRow = {
  id: string
  organizationId: string
  clusterId: string
  serviceId: string
  serviceSlug: string
  retentionDays: number
  revisionId: string
  /** The number of the one that it may go back to. */
  previousRevision: number | null
  planId: string
  planSlug: string
  plan: { cpuMillicores: number; memoryBytes: number; storageBytes: number; replicas: number; trialDays: number }
  name: string
  parameters: Record<string, string>
  entitlement: Entitlement
  previousEntitlement: Entitlement | null
  generation: number
  observedGeneration: number
  conditions: Condition[]
  restartRequestedAt: Date | null
  firstReadyAt: Date | null
  retainUntil: Date | null
  purgeRequestedAt: Date | null
  openHold: boolean
  clusterUnreachable: boolean
  cluster: {
    baseDomain: string | null
    ingressClass: string | null
    ingressSelector: { namespace: string; podLabels: Record<string, string> } | null
    dnsSelector: { namespace: string; podLabels: Record<string, string> } | null
    storageClass: string | null
    certificateIssuer: string | null
    blockedCidrs: string[]
  }
  secrets: { name: string; valueEncrypted: string }[]
  volumes: VolumeRow[]
  endpoints: EndpointRow[]
  pods: PodRow[]
  operation: OperationRow | null
}

export type VolumeRow = {
  id: string
  name: string
  claimName: string
  claimUid: string | null
  persistentVolume: string | null
  storageClass: string | null
  sizeBytes: number
  lostAt: string | null
}

export type EndpointRow = Omit<EndpointView, 'path' | 'tls'> & { tls: TlsState }

/** As it is stored: what a pass compares what it sees with. */
export type PodRow = {
  id: string
  name: string
  component: string
  node: string | null
  phase: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'UNKNOWN'
  ready: boolean
  restarts: number
  image: string | null
  reason: string | null
  message: string | null
  podIp: string | null
  startedAt: string | null
  createdAt: string
}

/** The operation that is under way, or else the last one that ended. */
export type OperationRow = {
  id: string
  kind: OperationKind
  state: OperationState
  generation: number
  step: string | null
  progress: number
  cause: string | null
  deadlineAt: string | null
  startedAt: string | null
}

const query = `
  SELECT s.id, s.organization_id AS "organizationId", s.cluster_id AS "clusterId", s.service_id AS "serviceId",
    sv.slug AS "serviceSlug", sv.retention_days AS "retentionDays", s.revision_id AS "revisionId",
    (SELECT b.number FROM service_revisions b WHERE b.id = s.previous_revision_id) AS "previousRevision",
    p.id AS "planId", p.slug AS "planSlug",
    json_build_object('cpuMillicores', pv.cpu_millicores, 'memoryBytes', pv.memory_bytes,
      'storageBytes', pv.storage_bytes, 'replicas', pv.replicas, 'trialDays', pv.trial_days) AS plan,
    s.name, s.parameters, s.entitlement, s.previous_entitlement AS "previousEntitlement", s.generation,
    s.observed_generation AS "observedGeneration", s.conditions, s.restart_requested_at AS "restartRequestedAt",
    s.first_ready_at AS "firstReadyAt", s.retain_until AS "retainUntil", s.purge_requested_at AS "purgeRequestedAt",
    EXISTS (SELECT 1 FROM holds h WHERE h.subscription_id = s.id AND h.lifted_at IS NULL) AS "openHold",
    c.unreachable_since IS NOT NULL AS "clusterUnreachable",
    json_build_object('baseDomain', c.base_domain, 'ingressClass', c.ingress_class,
      'ingressSelector', c.ingress_selector, 'dnsSelector', c.dns_selector, 'storageClass', c.storage_class,
      'certificateIssuer', c.certificate_issuer, 'blockedCidrs', coalesce(c.blocked_cidrs, ARRAY[]::text[])) AS cluster,
    (SELECT coalesce(json_agg(json_build_object('name', g.name, 'valueEncrypted', g.value_encrypted) ORDER BY g.name), '[]')
       FROM generated_secrets g WHERE g.subscription_id = s.id) AS secrets,
    (SELECT coalesce(json_agg(json_build_object('id', v.id, 'name', v.name, 'claimName', v.claim_name,
        'claimUid', v.claim_uid, 'persistentVolume', v.persistent_volume,
        'storageClass', v.storage_class, 'sizeBytes', v.size_bytes, 'lostAt', v.lost_at) ORDER BY v.name), '[]')
       FROM volumes v WHERE v.subscription_id = s.id) AS volumes,
    (SELECT coalesce(json_agg(json_build_object('name', e.name, 'kind', e.kind, 'scope', e.scope, 'host', e.host,
        'port', e.port, 'targetService', e.target_service, 'targetPort', e.target_port, 'tls', e.tls)), '[]')
       FROM endpoints e WHERE e.subscription_id = s.id) AS endpoints,
    (SELECT coalesce(json_agg(json_build_object('id', o.id, 'name', o.name, 'component', o.component, 'node', o.node,
        'phase', o.phase, 'ready', o.ready, 'restarts', o.restarts, 'image', o.image, 'reason', o.reason,
        'message', o.message, 'podIp', o.pod_ip, 'startedAt', o.started_at, 'createdAt', o.created_at) ORDER BY o.name), '[]')
       FROM pods o WHERE o.subscription_id = s.id) AS pods,
    (SELECT json_build_object('id', x.id, 'kind', x.kind, 'state', x.state, 'generation', x.generation, 'step', x.step,
        'progress', x.progress, 'cause', x.cause, 'deadlineAt', x.deadline_at, 'startedAt', x.started_at)
       FROM operations x WHERE x.subscription_id = s.id
       ORDER BY (x.state IN ('PENDING', 'RUNNING')) DESC, x.created_at DESC, x.id DESC LIMIT 1) AS operation
  FROM subscriptions s
  JOIN services sv ON sv.id = s.service_id
  JOIN plan_versions pv ON pv.id = s.plan_version_id
  JOIN plans p ON p.id = pv.plan_id
  JOIN clusters c ON c.id = s.cluster_id
  WHERE s.id = $1::uuid`

/** What should be, and what was last written of what is. Undefined where there is no such subscription. */
export async function loadDesired(
  database: Pick<Database, 'query'>,
  subscriptionId: string,
): Promise<DesiredRow | undefined> {
  const [row] = await database.query<DesiredRow>(query, [subscriptionId])
  return row
}

/** The same, as a transaction sees it. */
export async function loadDesiredIn(tx: Tx, subscriptionId: string): Promise<DesiredRow | undefined> {
  const [row] = await tx.$queryRawUnsafe<DesiredRow[]>(query, subscriptionId)
  return row
}
