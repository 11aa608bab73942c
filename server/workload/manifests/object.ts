/** An object as it is applied: plain JSON, only the fields that Berth decides. Assignable to a KubeObject. */
export type KubernetesObject = {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels: Record<string, string>
    annotations?: Record<string, string>
  }
  [field: string]: unknown
}
