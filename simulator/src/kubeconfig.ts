/** The kubeconfig that reaches a simulator. Its server is plain HTTP: clients need no certificates and no token. */
export function kubeconfigFor(url: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: simulator
    cluster:
      server: ${url}
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
