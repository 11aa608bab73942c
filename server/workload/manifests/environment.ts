import { render, type RenderContext } from '../render.ts'
import type { ServiceSpec, ValueTemplate } from '../spec.ts'
import { environmentSecretName } from './names.ts'

/** Kubernetes expands `$(NAME)` and reads `$$` as one dollar: every dollar of the template is meant as it stands. */
export const escapeDollars = (text: string): string => text.replaceAll('$', '$$$$')

export type ContainerEnvironment = {
  readonly env: Record<string, unknown>[]
  readonly command: string[] | undefined
  readonly args: string[] | undefined
  /** What goes into the service's Secret, by key. */
  readonly secrets: Record<string, string>
}

/**
 * A container's environment and words. What is secret is not written into the pod, where all who may list pods would
 * read it, but into a Secret that the pod refers to; secret words of a command go by way of a variable.
 */
export function environmentOf(service: ServiceSpec, context: RenderContext): ContainerEnvironment {
  const secrets: Record<string, string> = {}
  const env: Record<string, unknown>[] = []
  const refer = (name: string, text: string): void => {
    secrets[name] = text
    env.push({ name, valueFrom: { secretKeyRef: { name: environmentSecretName(service.name), key: name } } })
  }
  for (const variable of service.environment) {
    const { text, secret } = render(variable.value, context)
    if (text === '' && variable.omitEmpty) continue
    if (secret) refer(variable.name, text)
    else env.push({ name: variable.name, value: escapeDollars(text) })
  }
  let count = 0
  const word = (template: ValueTemplate): string => {
    const { text, secret } = render(template, context)
    if (!secret) return escapeDollars(text)
    const name = `BERTH_ARGUMENT_${count++}`
    refer(name, text)
    return `$(${name})`
  }
  const command = service.command?.map(word)
  const args = service.args?.map(word)
  return { env, command, args, secrets }
}
