import { messageOf } from '../lib/errors.ts'
import { parseTemplate } from '../workload/compose/parse.ts'
import type { Diagnostic } from '../workload/diagnostic.ts'
import { exampleInput } from '../workload/example.ts'
import { manifests, type KubernetesObject } from '../workload/manifests/index.ts'
import { podSecurityProblems } from '../workload/pod-security.ts'
import type { Isolation, WorkloadSpec } from '../workload/spec.ts'

/** What became of one file. */
export type Verdict =
  | { readonly is: 'accepted'; readonly isolation: Isolation; readonly warnings: number }
  /** No Compose document at all: not YAML, or beyond every bound. */
  | { readonly is: 'unreadable'; readonly refusals: readonly Diagnostic[] }
  | { readonly is: 'refused'; readonly refusals: readonly Diagnostic[] }
  /** A defect of Berth. */
  | { readonly is: 'crashed'; readonly reason: string }
  /** An API server takes objects that Berth made of it, or does not. */
  | { readonly is: 'applied'; readonly isolation: Isolation; readonly warnings: number }
  | { readonly is: 'rejected'; readonly isolation: Isolation; readonly reason: string }

export type Judged = { readonly verdict: Verdict; readonly spec?: WorkloadSpec }

const unreadable: ReadonlySet<string> = new Set(['YAML_INVALID', 'TEMPLATE_TOO_LARGE'])

/** Reads a template, makes its objects, and judges its pods against the profile that it claims. Never throws. */
export function judge(source: string, file: string): Judged {
  try {
    const result = parseTemplate(source, { file })
    if (!result.ok) {
      const isRead = result.refusals.every(({ code, path }) => path !== '' || !unreadable.has(code))
      return { verdict: { is: isRead ? 'refused' : 'unreadable', refusals: result.refusals } }
    }
    const { spec, warnings } = result
    const defect = defectOf(manifests(exampleInput(spec)), spec.isolation)
    if (defect !== undefined) return { verdict: { is: 'crashed', reason: defect } }
    return { verdict: { is: 'accepted', isolation: spec.isolation, warnings: warnings.length }, spec }
  } catch (error) {
    return { verdict: { is: 'crashed', reason: messageOf(error) } }
  }
}

/** What no API server would have to tell us: two objects of one name, or pods below the profile of their namespace. */
function defectOf(objects: readonly KubernetesObject[], isolation: Isolation): string | undefined {
  const seen = new Set<string>()
  for (const { kind, metadata } of objects) {
    const name = `${kind}/${metadata.name}`
    if (seen.has(name)) return `${name} is there twice`
    seen.add(name)
  }
  const [problem] = podSecurityProblems(objects, isolation)
  return problem && `${problem.kind}/${problem.name} breaks ${isolation}: ${problem.reasons.join(', ')}`
}
