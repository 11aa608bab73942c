import { digestOf, labelOf } from './names.ts'

/** Gives every source of a mount one volume, and different sources different ones. */
export type VolumeNames = {
  readonly labelFor: (source: string) => string
  /** The volume of a source that is mounted somewhere; undefined of one that is not. */
  readonly find: (source: string) => string | undefined
  readonly all: () => string[]
}

export function createVolumeNames(): VolumeNames {
  const labels = new Map<string, string>()
  const taken = new Set<string>()
  return {
    labelFor: (source) => {
      const known = labels.get(source)
      if (known !== undefined) return known
      const label = labelOf(source.replace(/^(\.{1,2}\/)+/, ''))
      const unique = taken.has(label) ? labelOf(`${label.slice(0, 40)}-${digestOf(source)}`) : label
      labels.set(source, unique)
      taken.add(unique)
      return unique
    },
    find: (source) => labels.get(source),
    all: () => [...taken],
  }
}
