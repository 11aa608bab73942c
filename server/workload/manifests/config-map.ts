import { textsByKey } from './files.ts'
import { filesName } from './names.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'

/** The files that the template writes and anyone may read. */
export const configMaps = ({ input, service, files }: Part): KubernetesObject[] =>
  files.open.length === 0
    ? []
    : [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: metadataOf(input, filesName(service.name)),
          data: textsByKey(files.open),
        },
      ]
