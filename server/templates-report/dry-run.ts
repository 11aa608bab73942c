import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { KubeClient } from '../kube/client.ts'
import { isKubeError, type KubeError } from '../kube/errors.ts'
import { isRecord } from '../workload/compose/node.ts'
import { exampleInput } from '../workload/example.ts'
import { manifests, type KubernetesObject } from '../workload/manifests/index.ts'
import type { WorkloadSpec } from '../workload/spec.ts'

/** Answers of an API server to objects that it is not to keep. */
export type DryRun = {
  /**
   * What the server holds against the objects; undefined where it would take them all. Throws when it is away, and where
   * the kubeconfig's user may not ask.
   */
  readonly objectionTo: (spec: WorkloadSpec) => Promise<string | undefined>
  /** Waits until every namespace that was made is gone again. */
  readonly close: () => Promise<void>
}

const goneWithinMs = 300_000

/**
 * Admission judges what is in a namespace, and a dry run in one that is absent is a 404: the namespace, which enforces
 * the template's profile, and the account of its pods are really made. Everything else is dry-run in it, and each pod
 * by itself too, because the server stores workloads whose pods it would refuse.
 */
export function createDryRun(client: Pick<KubeClient, 'apply' | 'delete' | 'get'>): DryRun {
  const made: string[] = []
  return {
    objectionTo: async (spec) => {
      const example = exampleInput(spec)
      const id = randomUUID()
      const objects = manifests({ ...example, subscription: { ...example.subscription, id } })
      const real = objects.filter(({ kind }) => kind === 'Namespace' || kind === 'ServiceAccount')
      const name = real.find(({ kind }) => kind === 'Namespace')?.metadata.name ?? ''
      made.push(name)
      try {
        for (const object of real) await client.apply(object)
        for (const object of objects.filter((each) => !real.includes(each))) {
          const objection = await askAbout(object, client)
          if (objection !== undefined) return objection
        }
        return undefined
      } catch (error) {
        throw isKubeError(error) && isAboutTheUser(error) ? notAllowed(error) : error
      } finally {
        await client.delete({ apiVersion: 'v1', kind: 'Namespace', name })
      }
    },
    close: async () => {
      const deadline = Date.now() + goneWithinMs
      for (const name of made) {
        while (await client.get({ apiVersion: 'v1', kind: 'Namespace', name })) {
          if (Date.now() > deadline) throw new Error(`The namespace ${name} is still there.`)
          await wait(200)
        }
      }
    },
  }
}

async function askAbout(object: KubernetesObject, client: Pick<KubeClient, 'apply'>): Promise<string | undefined> {
  for (const asked of [object, ...podAlone(object)]) {
    try {
      await client.apply(asked, { dryRun: true })
    } catch (error) {
      // What the server answers to the object is its verdict; everything else says nothing about it.
      if (!isKubeError(error) || !isVerdict(error) || isAboutTheUser(error)) throw error
      return `${asked.kind}/${asked.metadata.name}: ${error.message}`
    }
  }
  return undefined
}

/** Admission forbids objects, authorization users: `User "a" cannot patch resource "pods" in API group ""`. */
const isAboutTheUser = ({ kind, message }: KubeError): boolean =>
  kind === 'forbidden' && /User ".*" cannot \w+ resource/.test(message)
const notAllowed = ({ message }: KubeError) =>
  new Error(
    `KUBECONFIG must be of somebody who may make namespaces and pods, such as an administrator of the cluster: ${message}`,
  )

/** An object with one key twice is a defect of the object, and yet server-side apply answers it with a 500. */
const isVerdict = ({ kind, message }: KubeError): boolean =>
  ['invalid', 'forbidden', 'conflict', 'alreadyExists'].includes(kind) || message.includes('typed patch object')

/** The pod that a workload would make. */
function podAlone({ kind, metadata, spec }: KubernetesObject): KubernetesObject[] {
  const template = isRecord(spec) ? spec['template'] : undefined
  if (!isRecord(template)) return []
  const about = isRecord(template['metadata']) ? template['metadata'] : {}
  const pod = { ...about, labels: metadata.labels, namespace: metadata.namespace ?? '' }
  const name = `${kind.toLowerCase()}-${metadata.name}`.slice(0, 63).replace(/-+$/, '')
  return [{ apiVersion: 'v1', kind: 'Pod', metadata: { ...pod, name }, spec: template['spec'] }]
}
