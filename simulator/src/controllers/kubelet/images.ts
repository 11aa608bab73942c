/** Which images each node has, and how they are named in a status. */
import { createHash } from 'node:crypto'

export type Images = {
  has(node: string, image: string): boolean
  add(node: string, image: string): void
  forget(node: string): void
}

export function createImages(): Images {
  const byNode = new Map<string, Set<string>>()
  return {
    has: (node, image) => byNode.get(node)?.has(image) ?? false,
    add(node, image) {
      const images = byNode.get(node)
      if (images) images.add(image)
      else byNode.set(node, new Set([image]))
    },
    forget: (node) => void byNode.delete(node),
  }
}

const reference = /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9._/-]+(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/

export function isImageReference(image: string): boolean {
  return reference.test(image)
}

const names = new Map<string, { image: string; imageID: string }>()

/** The full name and the digest that a node would report. The digest is made up, and the same for the same name. */
export function imageNames(image: string): { image: string; imageID: string } {
  let known = names.get(image)
  if (!known) {
    const full = fullName(image)
    const repository = full.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(full)?.[1] ?? `sha256:${digestOf(full)}`
    names.set(image, (known = { image: full, imageID: `${repository}@${digest}` }))
  }
  return known
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function fullName(image: string): string {
  const tagged = image.includes('@') || /:[^/]*$/.test(image) ? image : `${image}:latest`
  const [first = '', ...rest] = tagged.split('/')
  if (rest.length === 0) return `docker.io/library/${tagged}`
  return first.includes('.') || first.includes(':') || first === 'localhost' ? tagged : `docker.io/${tagged}`
}

/** `Always` unless the tag pins something, as the API server's default. */
export function mustPull(policy: string | undefined, image: string): 'Always' | 'IfNotPresent' | 'Never' {
  if (policy === 'Always' || policy === 'Never' || policy === 'IfNotPresent') return policy
  return /:latest$/.test(fullName(image)) ? 'Always' : 'IfNotPresent'
}
