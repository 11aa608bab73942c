import { textsByKey } from './files.ts'
import { environmentSecretName, filesName } from './names.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'

/** What a service must not show: secret variables and words, and files with secrets in them. */
export function secrets(part: Part): KubernetesObject[] {
  const { service, environment, files } = part
  return [
    ...secretOf(part, environmentSecretName(service.name), environment.secrets),
    ...secretOf(part, filesName(service.name), textsByKey(files.secret)),
  ]
}

/** `data` and not `stringData`: the API server writes the latter away, and a key taken out of it would stay. */
function secretOf({ input }: Part, name: string, values: Record<string, string>): KubernetesObject[] {
  const entries = Object.entries(values)
  if (entries.length === 0) return []
  const data = Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')]))
  return [{ apiVersion: 'v1', kind: 'Secret', metadata: metadataOf(input, name), type: 'Opaque', data }]
}
