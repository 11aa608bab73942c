import { dataOf } from '@berth/client'
import type { Saboteur } from './kubernetes.ts'
import { patienceSeconds, untilStatus, type Demo, type Subscription } from './subscription.ts'

/** Deletes a Service and a Pod with a Kubernetes client, and watches both return. */
export async function watchRepair(demo: Demo, saboteur: Saboteur, { id, namespace }: Subscription): Promise<void> {
  const { progress } = demo
  progress.chapter('Behind its back')
  const service = await progress.step(
    'Delete its Service with a Kubernetes client',
    () => saboteur.deleteService(namespace),
    ({ name }) => name,
  )
  await progress.step('It is back', () =>
    untilCluster(async () => {
      const uid = (await saboteur.uids(namespace, 'Service')).get(service.name)
      return uid !== undefined && uid !== service.uid
    }, `The Service ${service.name} did not come back.`),
  )
  const pod = await progress.step(
    'Delete its Pod',
    () => saboteur.deletePod(namespace),
    ({ name }) => name,
  )
  await progress.step(
    'Another one is ready',
    () => untilOtherPod(demo, id, pod.uid),
    ({ name }) => name,
  )
  await progress.step('The subscription runs', (tell) => untilStatus(demo, id, 'running', tell))
}

/** The pods as the API tells them, after each event. */
const untilOtherPod = ({ client, live }: Demo, subscriptionId: string, deletedUid: string) =>
  live.until(async (see) => {
    const path = { subscriptionId }
    const { data } = await dataOf(client.GET('/api/v1/subscriptions/{subscriptionId}/pods', { params: { path } }))
    see(data.map(({ name, phase, ready }) => `${name} ${phase}${ready ? ' ready' : ''}`).join(', ') || 'no pod')
    return data.find(({ id, ready }) => ready && id !== `pod_${deletedUid}`)
  }, patienceSeconds)

const askMilliseconds = 50

/** Asks the cluster itself until it holds: what Berth says of it is not taken for it. */
export async function untilCluster(question: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = performance.now() + patienceSeconds * 1000
  while (!(await question())) {
    if (performance.now() > deadline) throw new Error(otherwise)
    await new Promise((resolve) => setTimeout(resolve, askMilliseconds))
  }
}
