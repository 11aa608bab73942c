import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import type { KubeObject } from '../../kube/object.ts'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { challengePath, issueCertificate, issuer, placeSolver } from './cert-manager.ts'
import { signUp, type Customer } from './customer.ts'
import { ingress, visit } from './ingress.ts'
import { objectsOf, refTo, repairMilliseconds } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

const resyncSeconds = 5
const slugs = ['nginx', 'whoami', 'web-with-cache']

type Endpoint = { host: string; port: number; scope: string; tls: string }
type Told = { connection: { name: string; value: string }[]; endpoints: Endpoint[] }

describe.each(kubernetesTargets())(
  'public addresses with a certificate issuer, on the $name',
  { timeout: 240_000 },
  ({ name, start }) => {
    let stage: Stage
    let berth: Berth
    let customer: Customer
    let admin: KubeClient
    const isReal = name === 'real cluster'
    const ordered = new Map<string, string>()
    const setCluster = (certificateIssuer: string | null) =>
      stage.database.prisma.cluster.updateMany({
        data: {
          baseDomain: 'apps.test',
          ingressClass: ingress.class,
          ingressSelector: ingress.selector,
          certificateIssuer,
        },
      })
    beforeAll(async () => {
      stage = await setStage(start)
      admin = stage.cluster.admin
      const settings = { BERTH_RESYNC_SECONDS: String(resyncSeconds) }
      berth = await startOn(stage, stage.cluster.kubeconfigFile, settings)
      await setCluster(issuer)
      customer = await signUp(berth)
      for (const slug of slugs) {
        const { plans } = await customer.must<{ plans: { slug: string }[] }>('GET', `/catalog/services/${slug}`)
        ordered.set(slug, await customer.order({ service: slug, plan: plans[0]?.slug ?? '' }))
      }
    })
    afterAll(async () => {
      await berth?.stop()
      await stage?.strike()
    })

    const toldOf = (id: string) => customer.must<Told>('GET', `/subscriptions/${id}/credentials`)
    const urlOf = ({ connection }: Told) => connection.find((field) => field.name === 'url')?.value ?? ''
    const publicOf = ({ endpoints }: Told) => endpoints.filter(({ scope }) => scope === 'PUBLIC')
    const isAnswered = (url: string, ca?: string) =>
      eventually(
        async () => {
          const answer = await visit(url, ca)
          if (answer.status === 200) return answer
          throw new Error(`${url} was answered ${answer.status}: ${answer.body}`)
        },
        { deadlineMs: 60_000 },
      )
    const ingressOf = async (id: string) => {
      const found = await objectsOf(admin, id, 'Ingress')
      const ours = found.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'berth')
      expect(ours).toHaveLength(1)
      return ours[0] as KubeObject
    }
    /** Passes over everything, pruning too: what else would mend a changed Secret, and mend it again? */
    const afterResyncs = async (id: string) => {
      const ref = refTo(id, 'Secret', 'cache-environment')
      const wanted = (await admin.get(ref))?.['data'] as object
      for (const value of ['stolen', 'again']) {
        const changes = Object.keys(wanted).map((key) => [key, Buffer.from(value).toString('base64')] as const)
        await admin.patch(ref, { data: Object.fromEntries(changes) })
        await eventually(
          async () => {
            expect((await admin.get(ref))?.['data']).toEqual(wanted)
            return true
          },
          { deadlineMs: resyncSeconds * 1_000 + repairMilliseconds },
        )
      }
    }

    test.each(slugs)('%s is told, and answers, as https with the certificate that was issued for it', async (slug) => {
      const id = ordered.get(slug) ?? ''
      await customer.until(id, 'running', 120_000)
      const told = await toldOf(id)
      const url = urlOf(told)
      expect(url).toMatch(/^https:\/\/[a-z0-9-]+\.apps\.test$/)
      expect(publicOf(told)).toMatchObject([{ host: new URL(url).host, port: 443, tls: 'PENDING' }])
      const certificate = await issueCertificate(admin, await ingressOf(id))
      if (!isReal) return
      const answer = await isAnswered(url, certificate.toString())
      expect(answer.fingerprint).toBe(certificate.fingerprint256)
      await isAnswered(url.replace('https:', 'http:'))
    })

    test('what cert-manager makes beside is let in, answers, and is left alone', async () => {
      const id = ordered.get('web-with-cache') ?? ''
      await customer.until(id, 'running', 120_000)
      const url = urlOf(await toldOf(id))
      const certificate = await issueCertificate(admin, await ingressOf(id))
      const made = [...(await placeSolver(admin, await ingressOf(id))), refTo(id, 'Secret', 'web-tls')]
      const stored = () => Promise.all(made.map((ref) => admin.get(ref)))
      if (isReal) await isAnswered(url.replace('https:', 'http:') + challengePath)

      const before = await stored()
      await afterResyncs(id)
      const after = await stored()
      const traits = (objects: typeof after) =>
        objects.map((object) => [object?.metadata.uid, object?.metadata.deletionTimestamp, object?.['data']])
      expect(traits(after)).toEqual(traits(before))
      for (const object of after) expect(object).toBeDefined()
      await customer.until(id, 'running')
      if (!isReal) return
      await isAnswered(url.replace('https:', 'http:') + challengePath)
      expect(await visit(url, certificate.toString())).toMatchObject({ fingerprint: certificate.fingerprint256 })
    })

    test('an issuer that the operator takes away, and names later, is followed by what runs and what is told', async () => {
      const id = ordered.get('whoami') ?? ''
      await customer.until(id, 'running', 120_000)
      const becomes = async (scheme: string, port: number, tls: string) => {
        await eventually(
          async () => {
            expect(publicOf(await toldOf(id))).toMatchObject([{ port, tls }])
            return true
          },
          { deadlineMs: resyncSeconds * 1_000 + repairMilliseconds },
        )
        expect(urlOf(await toldOf(id))).toMatch(`${scheme}://`)
        const asked = (await ingressOf(id))['spec'] as { tls?: object[] }
        expect(asked.tls ?? []).toHaveLength(tls === 'NONE' ? 0 : 1)
      }
      await becomes('https', 443, 'PENDING')
      await setCluster(null)
      await becomes('http', 80, 'NONE')
      await setCluster(issuer)
      await becomes('https', 443, 'PENDING')
    })
  },
)
