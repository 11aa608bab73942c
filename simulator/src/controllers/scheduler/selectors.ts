/** Node selectors and affinity (k8s.io/component-helpers/scheduling/corev1/nodeaffinity). Pure. */
import { type Node, type NodeSelectorTerm, type Pod } from '../shared/kinds.ts'

type Requirement = { key: string; operator: string; values?: string[] }

function meets(value: string | undefined, { operator, values = [] }: Requirement): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    default:
      return operator === 'Lt' && value !== undefined && Number(value) < Number(values[0])
  }
}

/** Whether a node meets one of the terms. A term without requirements matches nothing. */
export function matchesTerms(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false
    return (
      matchExpressions.every((each) => meets(node.metadata.labels?.[each.key], each)) &&
      matchFields.every((each) => each.key === 'metadata.name' && meets(node.metadata.name, each))
    )
  })
}

/** nodeSelector and required node affinity together. */
export function wantsNode(pod: Pod, node: Node): boolean {
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {}))
    if (node.metadata.labels?.[key] !== value) return false
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || matchesTerms(required.nodeSelectorTerms, node)
}
