import type { Database } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import type { Lease } from '../../reconcile/leases.ts'
import type { EntitlementChange } from './state.ts'
import type { Condition } from './conditions.ts'
import type { EndpointRow, PodRow } from './desired.ts'

/** What a pass found, to be written at once or not at all. Absent parts stay as they are. */
export type Observation = {
  subscriptionId: string
  organizationId: string
  clusterId: string
  /** The generation that was read: where the row has moved on meanwhile, nothing is written. */
  generation: number
  observedGeneration: number
  conditions: readonly Condition[]
  entitlement?: EntitlementChange
  firstReady?: boolean
  pods?: readonly PodRow[]
  volumes?: readonly { id: string; claimUid: string | null; persistentVolume: string | null; lostAt: string | null }[]
  endpoints?: readonly EndpointRow[]
  operation?: OperationUpdate
  events: readonly { id: string; type: string; data: unknown }[]
  /** Where the entitlement changes: Berth itself acts, and the trail says so. */
  audit?: { id: string; action: string; before: object; after: object }
}

export type OperationUpdate = {
  id: string
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  step: string
  progress: number
  cause: string | null
  nextAction: string | null
}

/**
 * One statement: the fence (the lease is still ours) and the generation guard the subscription's row, and everything
 * else joins on that row having been written.
 */
const statement = `
  WITH fence AS (
    SELECT 1 FROM leases WHERE key = $1 AND holder = $2 AND epoch = $3 AND expires_at > now()
  ), written AS (
    UPDATE subscriptions SET
      observed_generation = $6, conditions = $7::jsonb, updated_at = now(),
      entitlement = coalesce($8::entitlement, entitlement),
      terminated_at = coalesce($9::timestamptz, terminated_at),
      first_ready_at = CASE WHEN $10 THEN coalesce(first_ready_at, now()) ELSE first_ready_at END
    WHERE id = $4 AND generation = $5 AND EXISTS (SELECT 1 FROM fence)
    RETURNING id, organization_id, cluster_id
  ), gone_pods AS (
    DELETE FROM pods USING written WHERE pods.subscription_id = written.id AND $11::jsonb IS NOT NULL
      AND pods.id NOT IN (SELECT (p->>'id')::uuid FROM jsonb_array_elements($11::jsonb) p)
  ), seen_pods AS (
    INSERT INTO pods (id, subscription_id, cluster_id, organization_id, name, component, node, phase, ready, restarts,
      image, reason, message, pod_ip, started_at, created_at, observed_at)
    SELECT p.id, w.id, w.cluster_id, w.organization_id, p.name, p.component, p.node, p.phase::pod_phase, p.ready,
      p.restarts, p.image, p.reason, p.message, p."podIp", p."startedAt", p."createdAt", now()
    FROM written w, jsonb_to_recordset($11::jsonb) AS p(id uuid, name text, component text, node text, phase text,
      ready boolean, restarts int, image text, reason text, message text, "podIp" text, "startedAt" timestamptz,
      "createdAt" timestamptz)
    ON CONFLICT (id) DO UPDATE SET node = EXCLUDED.node, phase = EXCLUDED.phase, ready = EXCLUDED.ready,
      restarts = EXCLUDED.restarts, image = EXCLUDED.image, reason = EXCLUDED.reason, message = EXCLUDED.message,
      pod_ip = EXCLUDED.pod_ip, started_at = EXCLUDED.started_at, observed_at = now()
  ), seen_volumes AS (
    UPDATE volumes SET claim_uid = v."claimUid", persistent_volume = v."persistentVolume", lost_at = v."lostAt", updated_at = now()
    FROM written, jsonb_to_recordset($12::jsonb) AS v(id uuid, "claimUid" uuid, "persistentVolume" text, "lostAt" timestamptz)
    WHERE volumes.id = v.id AND volumes.subscription_id = written.id
  ), gone_endpoints AS (
    DELETE FROM endpoints USING written WHERE endpoints.subscription_id = written.id AND $16::jsonb IS NOT NULL
      AND endpoints.name NOT IN (SELECT e->>'name' FROM jsonb_array_elements($16::jsonb) e)
  ), seen_endpoints AS (
    INSERT INTO endpoints (id, subscription_id, cluster_id, organization_id, name, kind, scope, host, port, target_service,
      target_port, tls, updated_at)
    SELECT e.id, w.id, w.cluster_id, w.organization_id, e.name, e.kind::endpoint_kind, e.scope::endpoint_scope, e.host,
      e.port, e."targetService", e."targetPort", e.tls::tls_state, now()
    FROM written w, jsonb_to_recordset($16::jsonb) AS e(id uuid, name text, kind text, scope text, host text, port int,
      "targetService" text, "targetPort" int, tls text)
    ON CONFLICT (subscription_id, name) DO UPDATE SET kind = EXCLUDED.kind, scope = EXCLUDED.scope, host = EXCLUDED.host,
      port = EXCLUDED.port, target_service = EXCLUDED.target_service, target_port = EXCLUDED.target_port,
      tls = EXCLUDED.tls, updated_at = now()
  ), moved_operation AS (
    UPDATE operations SET state = o.state::operation_state, step = o.step, progress = o.progress, cause = o.cause,
      next_action = o."nextAction", started_at = coalesce(started_at, now()), updated_at = now(),
      finished_at = CASE WHEN o.state IN ('SUCCEEDED', 'FAILED') THEN now() END
    FROM written, jsonb_to_record($13::jsonb) AS o(id uuid, state text, step text, progress int, cause text, "nextAction" text)
    WHERE operations.id = o.id AND operations.state IN ('PENDING', 'RUNNING')
  ), released AS (
    UPDATE reservations SET released_at = now() FROM written
    WHERE reservations.subscription_id = written.id AND $9::timestamptz IS NOT NULL AND released_at IS NULL
  ), forgotten AS (
    DELETE FROM generated_secrets USING written
    WHERE generated_secrets.subscription_id = written.id AND $9::timestamptz IS NOT NULL
  ), told AS (
    INSERT INTO events (id, type, organization_id, cluster_id, subscription_id, data)
    SELECT e.id, e.type, w.organization_id, w.cluster_id, w.id, e.data
    FROM written w, jsonb_to_recordset($14::jsonb) AS e(id uuid, type text, data jsonb)
  ), audited AS (
    INSERT INTO audit_events (id, organization_id, action, target_type, target_id, before, after, result)
    SELECT a.id, w.organization_id, a.action, 'subscription', w.id, a.before, a.after, 'SUCCEEDED'
    FROM written w, jsonb_to_record($15::jsonb) AS a(id uuid, action text, before jsonb, after jsonb)
    WHERE $15::jsonb IS NOT NULL
  )
  SELECT id FROM written`

/** Gives false where the lease was lost or the row has moved on: then nothing was written, and a new pass is due. */
export async function writeObservation(database: Database, lease: Lease, observation: Observation): Promise<boolean> {
  const { entitlement, pods, volumes, operation } = observation
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
  const rows = await database.query<{ id: string }>(statement, [
    lease.key,
    lease.holder,
    lease.epoch.toString(),
    observation.subscriptionId,
    observation.generation,
    observation.observedGeneration,
    json(observation.conditions),
    entitlement?.entitlement ?? null,
    entitlement?.terminatedAt ?? null,
    observation.firstReady ?? false,
    json(pods),
    json(volumes ?? []),
    json(operation ?? {}),
    json(observation.events),
    json(observation.audit),
    json(observation.endpoints?.map((endpoint) => ({ id: newId(), ...endpoint }))),
  ])
  return rows.length > 0
}
