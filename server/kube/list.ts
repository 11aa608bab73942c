import { isKubeError, kubeError } from './errors.ts'
import type { KindRef, KubeObject } from './object.ts'
import { parseJson } from './parse.ts'
import { collectionPath } from './resources.ts'
import type { Transport } from './transport.ts'

export type ListOptions = { namespace?: string; labelSelector?: string; fieldSelector?: string }
export type ListResult = { items: KubeObject[]; resourceVersion: string }

/** As kubectl: large enough that 10,000 pods are 20 requests, small enough that a page is a few megabytes. */
const pageSize = 500

type Page = { metadata?: { resourceVersion?: string; continue?: string }; items?: KubeObject[] | null }

/**
 * The pages of a list, one at a time, so that who projects objects never holds all of them. All pages show the
 * collection as of one resourceVersion; a KubeError `gone` in the middle says that the server forgot that version.
 */
export async function* listPages(
  transport: Transport,
  kind: KindRef,
  options: ListOptions = {},
): AsyncGenerator<ListResult> {
  const { namespace, ...selectors } = options
  const path = collectionPath(kind, namespace)
  let next: string | undefined
  do {
    const query = { ...selectors, limit: pageSize, continue: next }
    const page = parseJson(await transport.send({ method: 'GET', path, query, timeoutMilliseconds: 60_000 })) as Page
    const resourceVersion = page.metadata?.resourceVersion
    if (resourceVersion === undefined) throw kubeError('server', `The list of ${path} has no resourceVersion.`)
    yield { items: (page.items ?? []).map((item) => ({ ...item, ...typeOf(kind) })), resourceVersion }
    next = page.metadata?.continue || undefined
  } while (next !== undefined)
}

const typeOf = ({ apiVersion, kind }: KindRef): KindRef => ({ apiVersion, kind })

/** All objects of a kind. Starts again when the server forgot the version of the first page, as a slow reader may see. */
export const createList =
  (transport: Transport) =>
  async (kind: KindRef, options?: ListOptions): Promise<ListResult> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const items: KubeObject[] = []
        let resourceVersion = ''
        for await (const page of listPages(transport, kind, options)) {
          for (const item of page.items) items.push(item)
          resourceVersion = page.resourceVersion
        }
        return { items, resourceVersion }
      } catch (error) {
        if (attempt === 3 || !isKubeError(error) || error.kind !== 'gone') throw error
      }
    }
  }
