import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedCatalog } from '../../db/catalog/index.ts'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, type Customer } from './customer.ts'
import { databaseClients, runClient, type Told } from './database-clients.ts'
import { execInPod } from './exec.ts'
import { ingress, visit } from './ingress.ts'
import { namespaceFor, onlyOne } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

/** Those whose images are wherever these tests run; a real cluster would have to pull the others from the internet. */
const atHand = ['postgres', 'redis', 'mariadb', 'nginx', 'whoami', 'web-with-cache']

describe.each(kubernetesTargets())('the seeded services on the $name', { timeout: 240_000 }, ({ name, start }) => {
  let stage: Stage
  let berth: Berth
  let customer: Customer
  const isReal = name === 'real cluster'
  const seeds = seedCatalog.filter(({ slug }) => !isReal || atHand.includes(slug))
  /** All of them at once: each waits for its own health checks, and not for the others'. */
  const ordered = new Map<string, string>()
  beforeAll(async () => {
    stage = await setStage(start)
    berth = await startOn(stage)
    await stage.database.prisma.cluster.updateMany({
      data: { baseDomain: 'apps.test', ingressClass: ingress.class, ingressSelector: ingress.selector },
    })
    customer = await signUp(berth)
    for (const { slug, plans } of seeds)
      ordered.set(slug, await customer.order({ service: slug, plan: plans[0]?.slug ?? '' }))
  })
  afterAll(async () => {
    await berth?.stop()
    await stage?.strike()
  })

  test.each(seeds)('$name runs on its smallest plan, and a customer is told how to reach it', async ({ slug }) => {
    const id = ordered.get(slug) ?? ''
    const running = await customer.until(id, 'running', 180_000)
    expect(running.conditions.find(({ type }) => type === 'Ready')?.status).toBe('True')
    const told = await toldOf(id)
    expect(Object.keys(told)).not.toEqual([])
    for (const value of Object.values(told)) expect(value).not.toMatch(/\$\{|undefined/)
    const url = told['url']
    if (isReal && url !== undefined)
      await eventually(async () => (await visit(url)).status === 200, { deadlineMs: 30_000 })
  })

  const toldOf = async (id: string): Promise<Told> => {
    type Credentials = { connection: { name: string; value: string }[] }
    const { connection } = await customer.must<Credentials>('GET', `/subscriptions/${id}/credentials`)
    return Object.fromEntries(connection.map((field) => [field.name, field.value]))
  }

  test.runIf(isReal).each(Object.entries(databaseClients))(
    '%s answers its own client by the name and the password that the customer was told, and no other password',
    async (slug, client) => {
      const id = ordered.get(slug) ?? ''
      await customer.until(id, 'running', 180_000)
      if (slug === 'mariadb') await finishMariadb(id)
      const told = await toldOf(id)
      const running = await runClient(stage.database, customer, slug, client, told)
      const { metadata } = await onlyOne(stage.cluster.admin, running, 'Pod')
      const said = await stage.cluster.admin.logs(namespaceFor(running), metadata.name)
      expect(said).toMatch(client.refusal)
      expect(said.split(client.answer(told))).toHaveLength(2)
    },
  )
})

/**
 * The test cluster's mariadb:10.11 is not the public one: its entrypoint joins the statements that make the accounts
 * into one line, and a server that is told to `--init-file` runs one statement a line, so that it refuses them all
 * (1064). What is left there to be run is run here; whoever signs in still does so over the network.
 */
async function finishMariadb(id: string): Promise<void> {
  const sign = 'mariadb --socket=/tmp/mysql.sock --user=root'
  const script = `[ "$(wc -l </tmp/init.sql)" = 0 ] && ${sign} </tmp/init.sql && echo finished`
  if (!(await execInPod(namespaceFor(id), 'mariadb-0', ['sh', '-c', `${script} || true`])).includes('finished')) return
  process.stderr.write(
    'mariadb:10.11 of this cluster made no accounts by itself: its own statements were run by hand.\n',
  )
}
