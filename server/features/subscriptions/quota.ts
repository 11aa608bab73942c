import type { KubeClient } from '../../kube/client.ts'
import { refOf, type KubeObject } from '../../kube/object.ts'
import { remember, type Applied } from './applied.ts'
import type { ApplyResult } from './apply.ts'

/**
 * Kubernetes counts an object against its quota before it stores it: a request that is cut in between, when the API
 * server ends, is counted and has made nothing, until the quota's controller counts anew, every five minutes. Ours fits
 * by construction, so a refusal by it means that the count is wrong; a quota that is made anew is counted at once.
 * Between the two everything is refused, not allowed.
 */
export async function recountQuotas(
  client: KubeClient,
  wanted: readonly KubeObject[],
  { refusals }: ApplyResult,
  applied: Applied,
): Promise<void> {
  if (!refusals.some(({ why }) => why.includes('exceeded quota'))) return
  for (const quota of wanted.filter(({ kind }) => kind === 'ResourceQuota')) {
    await client.delete(refOf(quota))
    remember(applied, quota, await client.apply(quota))
  }
}
