import type { ManifestInput } from '../manifests/index.ts'
import { resolveParameters } from '../parameters.ts'
import { excessOf } from '../size.ts'
import type { WorkloadSpec } from '../spec.ts'
import { volumeFindings } from './volumes.ts'
import { migrationSteps, type MigrationStep } from './steps.ts'

export type UpgradeRefusal = {
  readonly code:
    | 'COPIES_REMOVED'
    | 'PARAMETERS_TOO_LONG'
    | 'PARAMETER_NEEDED'
    | 'VOLUME_CANNOT_GROW'
    | 'VOLUME_REMOVED'
    | 'VOLUME_RENAMED'
    | 'VOLUME_SHRUNK'
  /** The volume, claim or parameter that it is about. */
  readonly subject: string
  readonly reason: string
  readonly wayOut: string
}

/** What it takes to bring a running subscription from one state to another. */
export type UpgradePlan = {
  /**
   * `in-place`: applying the next objects is all. `migration`: the steps come first, each with a short outage.
   * `refused`: data would be lost or left behind, or an API server would refuse it for ever.
   */
  readonly verdict: 'in-place' | 'migration' | 'refused'
  readonly refusals: readonly UpgradeRefusal[]
  /** In the order in which they are taken, before anything of the next state is applied. */
  readonly steps: readonly MigrationStep[]
  /** What happens differently than somebody may think, in sentences. */
  readonly notes: readonly string[]
}

/**
 * Compares what runs with what is to run: another revision, another plan, other parameters. Pure, so that an upgrade can
 * be shown before it is asked for, and no update ever begins that ends in an error loop. `previous.existingClaims` says
 * what the cluster really has.
 */
export function planUpgrade(previous: ManifestInput, next: ManifestInput): UpgradePlan {
  const { refusals, notes, existingClaims } = volumeFindings(previous, next)
  const all = [...refusals, ...parameterRefusals(previous, next)]
  const steps = migrationSteps({ ...previous, existingClaims }, { ...next, existingClaims })
  const verdict = all.length > 0 ? 'refused' : steps.length > 0 ? 'migration' : 'in-place'
  return { verdict, refusals: all, steps, notes }
}

const sizeRefusals = (spec: WorkloadSpec, parameters: Readonly<Record<string, string>>): UpgradeRefusal[] => {
  const excess = excessOf(spec, parameters)
  if (excess === undefined) return []
  return [
    {
      code: 'PARAMETERS_TOO_LONG',
      subject: 'parameters',
      reason: excess,
      wayOut: 'Give shorter values with the upgrade.',
    },
  ]
}

/** What was ordered has to do for the next revision too; what it no longer asks is forgotten. */
function parameterRefusals(previous: ManifestInput, next: ManifestInput): UpgradeRefusal[] {
  const known = new Set(next.spec.parameters.map(({ name }) => name))
  const given = { ...previous.subscription.parameters, ...next.subscription.parameters }
  const result = resolveParameters(
    next.spec,
    Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name))),
  )
  if (result.ok) return sizeRefusals(next.spec, result.values)
  return result.problems.map(({ name, message }) => ({
    code: 'PARAMETER_NEEDED',
    subject: name,
    reason: `What was ordered does not do for ${name}: ${message}`,
    wayOut: 'Give the parameter a value with the upgrade.',
  }))
}
