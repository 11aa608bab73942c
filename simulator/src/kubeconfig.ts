/** The kubeconfig that reaches a simulator. Its server is plain HTTP: clients need no certificates and no token, and the
 * JavaScript client wants it said that TLS is left out. */
export function kubeconfigFor(url: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: simulator
    cluster:
      server: ${url}
      insecure-skip-tls-verify: true
contexts:
  - name: simulator
    context:
      cluster: simulator
      user: simulator
users:
  - name: simulator
    user: {}
current-context: simulator
`
}
