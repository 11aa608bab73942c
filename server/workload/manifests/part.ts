import type { RenderContext } from '../render.ts'
import type { ServiceSpec } from '../spec.ts'
import { environmentOf, type ContainerEnvironment } from './environment.ts'
import { filesOf, type ContainerFiles } from './files.ts'
import type { ManifestInput } from './input.ts'
import type { Share } from './resources.ts'

/** One service with everything that its objects are made of, worked out once. */
export type Part = {
  readonly input: ManifestInput
  readonly service: ServiceSpec
  readonly share: Share
  readonly context: RenderContext
  readonly environment: ContainerEnvironment
  readonly files: ContainerFiles
  /** Shared with those that have to run on the same node; undefined where it may run anywhere. */
  readonly nodeGroup: string | undefined
}

export const partOf = (
  input: ManifestInput,
  service: ServiceSpec,
  share: Share,
  context: RenderContext,
  nodeGroup: string | undefined,
): Part => ({
  input,
  service,
  share,
  context,
  environment: environmentOf(service, context),
  files: filesOf(service, context),
  nodeGroup,
})
