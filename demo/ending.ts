import { dataOf } from '@berth/client'
import type { Saboteur } from './kubernetes.ts'
import { untilCluster } from './repair.ts'
import { untilStatus, type Demo, type Subscription } from './subscription.ts'

/** Cancels, changes its mind, cancels again and destroys the data: with the volume looked at all along. */
export async function endIt(demo: Demo, saboteur: Saboteur, subscription: Subscription): Promise<void> {
  const { progress, client } = demo
  const { id, name, namespace } = subscription
  const params = { path: { subscriptionId: id } }
  const volumes = async () => [...(await saboteur.uids(namespace, 'PersistentVolumeClaim')).values()].sort().join()
  const before = await volumes()
  const sameVolumes = async (): Promise<void> => {
    if (before === '' || (await volumes()) !== before) throw new Error('The volume is not the one it was.')
  }
  const cancel = async (tell: (text: string) => void): Promise<Subscription> => {
    await dataOf(client.POST('/api/v1/subscriptions/{subscriptionId}/cancel', { params }))
    return untilStatus(demo, id, 'canceled', tell)
  }

  progress.chapter('Second thoughts')
  await progress.step('Cancel', cancel, ({ retainUntil }) => `its data is kept until ${retainUntil}`)
  await progress.step('No pod is left, and the volume is', async () => {
    await untilCluster(async () => (await saboteur.uids(namespace, 'Pod')).size === 0, 'A pod is left.')
    await sameVolumes()
  })
  await progress.step('Reactivate', async (tell) => {
    await dataOf(client.POST('/api/v1/subscriptions/{subscriptionId}/reactivate', { params }))
    return untilStatus(demo, id, 'running', tell)
  })
  await progress.step('It runs on the same volume', sameVolumes)

  progress.chapter('The end')
  await progress.step('Cancel again', cancel)
  await progress.step('Purge, with its name typed', async (tell) => {
    const body = { confirm: name }
    await dataOf(client.POST('/api/v1/subscriptions/{subscriptionId}/purge', { params, body }))
    return untilStatus(demo, id, 'deleted', tell)
  })
  await progress.step('Its namespace is gone from the cluster', () =>
    untilCluster(async () => !(await saboteur.namespaceExists(namespace)), `The namespace ${namespace} is left.`),
  )
}
