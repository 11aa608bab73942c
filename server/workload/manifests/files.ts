import { render, type RenderContext } from '../render.ts'
import type { ServiceSpec } from '../spec.ts'
import { filesName } from './names.ts'

type MountedFile = { readonly key: string; readonly path: string; readonly mode: number; readonly text: string }

/** A service's files with their contents: what anyone may read apart from what is secret. */
export type ContainerFiles = { readonly open: readonly MountedFile[]; readonly secret: readonly MountedFile[] }

export function filesOf(service: ServiceSpec, context: RenderContext): ContainerFiles {
  const open: MountedFile[] = []
  const secret: MountedFile[] = []
  service.files.forEach(({ path, content, mode, secret: always }, index) => {
    const rendered = render(content, context)
    const key = `${index}-${path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^-._a-zA-Z0-9]/g, '_')}`.slice(0, 253)
    ;(rendered.secret || always ? secret : open).push({ key, path, mode, text: rendered.text })
  })
  return { open, secret }
}

type Volume = Record<string, unknown>

/** How the pod mounts them: each file by itself, beside what the image has in that folder. */
export function fileVolumes(
  service: ServiceSpec,
  { open, secret }: ContainerFiles,
): { volumes: Volume[]; mounts: Volume[] } {
  const name = filesName(service.name)
  const items = (files: readonly MountedFile[]) => files.map(({ key, mode }) => ({ key, path: key, mode }))
  const mounts = (volume: string, files: readonly MountedFile[]) =>
    files.map(({ key, path }) => ({ name: volume, mountPath: path, subPath: key, readOnly: true }))
  return {
    volumes: [
      ...(open.length > 0 ? [{ name: 'files', configMap: { name, items: items(open) } }] : []),
      ...(secret.length > 0 ? [{ name: 'secret-files', secret: { secretName: name, items: items(secret) } }] : []),
    ],
    mounts: [...mounts('files', open), ...mounts('secret-files', secret)],
  }
}

export const textsByKey = (files: readonly MountedFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ key, text }) => [key, text]))
