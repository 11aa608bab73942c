import { seedCatalog } from '../../db/catalog/index.ts'
import { manifests, type KubernetesObject, type ManifestInput } from '../manifests/index.ts'
import { inputOf, seedSource, workloadOf } from './sample.ts'

/** Ways into the objects that a template becomes. */

export const seeds = seedCatalog.map((seed) => ({ slug: seed.slug, spec: workloadOf(seedSource(seed)) }))
export const named = (slug: string): ManifestInput =>
  inputOf(seeds.find((seed) => seed.slug === slug)?.spec ?? workloadOf(''))
export const compose = (text: string, changes: Partial<ManifestInput> = {}): KubernetesObject[] =>
  manifests(inputOf(workloadOf(text), changes))

export type Fields = Record<string | number, unknown>

/** What an object holds at a path; undefined where the path leads nowhere. */
export const at = (object: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((value, step) => (value as Fields | undefined)?.[step], object)
export const find = (objects: KubernetesObject[], kind: string, name?: string): KubernetesObject | undefined =>
  objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name))
export const podOf = (objects: KubernetesObject[], name: string): Fields => {
  const isItsWorkload = (object: KubernetesObject) =>
    at(object, 'spec', 'template') !== undefined && object.metadata.labels['berth.dev/component'] === name
  return (at(objects.find(isItsWorkload), 'spec', 'template', 'spec') ?? {}) as Fields
}
export const containerOf = (objects: KubernetesObject[], name: string): Fields =>
  (at(podOf(objects, name), 'containers', 0) ?? {}) as Fields
