/** What a client needs to know of a simulator with a token: it, and the certificate to trust, as PEM. */
export type Credentials = { token: string; authority: string }

/** The kubeconfig that reaches a simulator. To one without a token that is plain HTTP, and the JavaScript client wants it
 * said that TLS is left out. */
export function kubeconfigFor(url: string, credentials?: Credentials): string {
  const trust = credentials
    ? `certificate-authority-data: ${Buffer.from(credentials.authority).toString('base64')}`
    : 'insecure-skip-tls-verify: true'
  return `apiVersion: v1
kind: Config
clusters:
  - name: simulator
    cluster:
      server: ${url}
      ${trust}
contexts:
  - name: simulator
    context:
      cluster: simulator
      user: simulator
users:
  - name: simulator
    user: ${credentials ? JSON.stringify({ token: credentials.token }) : '{}'}
current-context: simulator
`
}
