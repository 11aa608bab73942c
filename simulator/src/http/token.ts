/** `serviceaccounts/token`: a token that looks like one. It opens nothing. */
import { randomBytes } from 'node:crypto'
import { asNumber, asObject, at, type JsonObject } from '../json.ts'
import { timestamp } from '../api/metadata.ts'
import { type KubeObject } from '../types.ts'

const oneHour = 3_600

/** The TokenRequest with an opaque token, good for as long as it asks (one hour by default). */
export function createToken(account: KubeObject, request: JsonObject, now: Date): JsonObject {
  const seconds = asNumber(at(request, 'spec', 'expirationSeconds')) ?? oneHour
  const { name, namespace } = account.metadata
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(now) },
    spec: { audiences: ['https://kubernetes.default.svc'], ...asObject(request.spec), expirationSeconds: seconds },
    status: {
      token: `simulator.${randomBytes(24).toString('base64url')}`,
      expirationTimestamp: timestamp(new Date(now.getTime() + seconds * 1_000)),
    },
  }
}
