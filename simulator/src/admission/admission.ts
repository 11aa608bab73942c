/** The admission chain: what may change an object before it is stored, and what may refuse it. */
import { type Write } from '../api/request.ts'
import { type Store } from '../store.ts'
import { createAllocator } from './allocate.ts'
import { applyLimitRanges, checkLimitRanges } from './limit-range.ts'
import { requireLivingNamespace } from './namespace-lifecycle.ts'
import { checkPodSecurity } from './pod-security.ts'
import { checkQuota } from './quota.ts'
import { checkClaimResize } from './claim-resize.ts'
import { completeReferences } from './references.ts'

export type Admission = {
  /** Before defaults are final: refuses what has no namespace, fills in what the cluster decides. */
  mutate(write: Write): void
  /** After validation: Pod Security, limit ranges, quota. Throws 403. */
  validate(write: Write): void
  /** Last, when nothing can fail any more: addresses and ports of services. */
  allocate(write: Write): void
}

export function createAdmission(store: Store): Admission {
  const allocator = createAllocator(store)
  return {
    mutate(write) {
      if (!write.previous) requireLivingNamespace(store, write)
      completeReferences(store, write)
      applyLimitRanges(store, write)
      allocator.onUpdate(write)
    },
    validate(write) {
      checkClaimResize(store, write)
      checkLimitRanges(store, write)
      checkPodSecurity(store, write)
      checkQuota(store, write)
    },
    allocate: allocator.allocate,
  }
}
