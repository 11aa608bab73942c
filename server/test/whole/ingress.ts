import http from 'node:http'
import https from 'node:https'
import type { TLSSocket } from 'node:tls'

/** The ingress controller of the tests' real cluster. */
export const ingress = {
  address: '10.41.0.1',
  class: 'testcluster',
  selector: { namespace: 'ingress-system', podLabels: { 'app.kubernetes.io/name': 'ingress' } },
} as const

export type Visit = { status: number; body: string; /** SHA-256, of https. */ fingerprint?: string }

/** As a browser would, without a name server that knows the name. `ca` is what a certificate is trusted by. */
export const visit = (url: string, ca?: string): Promise<Visit> =>
  new Promise((resolve, reject) => {
    const { protocol, hostname, host, pathname } = new URL(url)
    const isSecure = protocol === 'https:'
    const options = {
      host: ingress.address,
      path: pathname,
      headers: { host },
      agent: false,
      ...(isSecure ? { port: 443, servername: hostname, ca } : { port: 80 }),
    }
    const request = (isSecure ? https : http).request(options, (response) => {
      const fingerprint = isSecure ? (response.socket as TLSSocket).getPeerCertificate().fingerprint256 : undefined
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, ...(fingerprint !== undefined && { fingerprint }) }),
      )
    })
    request.on('error', reject).end()
  })
