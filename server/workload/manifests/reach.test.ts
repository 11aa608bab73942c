import { describe, expect, it } from 'vitest'
import { at, find, named } from '../test/objects.ts'
import { inputOf, workloadOf } from '../test/sample.ts'
import { connectionOf, endpointsOf, manifests, type ManifestInput } from './index.ts'

describe('who may reach whom', () => {
  const policies = (input: ManifestInput) =>
    Object.fromEntries(
      manifests(input).flatMap((object) =>
        object.kind === 'NetworkPolicy' ? [[object.metadata.name, object['spec']]] : [],
      ),
    )

  it('nobody, both ways, unless a policy says so', () => {
    expect(policies(named('postgres'))['default-deny']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  })

  it('never the cluster, the nodes and the metadata services, also when the operator named none of them', () => {
    const { 'allow-internet': internet } = policies({ ...named('postgres'), cluster: { blockedCidrs: [] } })
    const block = at(internet, 'egress', 0, 'to', 0, 'ipBlock') as {
      cidr: string
      except: string[]
    }
    expect(block.cidr).toBe('0.0.0.0/0')
    expect(block.except).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']),
    )
    expect(block.except).toEqual(expect.arrayContaining(['192.0.0.192/32', '168.63.129.16/32']))
    expect(at(internet, 'egress', 0, 'to')).toHaveLength(1)
  })

  it('the internet by IPv6 only where the cluster’s own ranges are known, and never link-local addresses', () => {
    const cluster = { blockedCidrs: ['2001:db8::/32', '198.51.100.4'] }
    const { 'allow-internet': internet } = policies({ ...named('postgres'), cluster })
    const [v4, v6] = at(internet, 'egress', 0, 'to') as {
      ipBlock: { cidr: string; except: string[] }
    }[]
    expect(v4?.ipBlock.except).toContain('198.51.100.4/32')
    expect(v6?.ipBlock).toMatchObject({
      cidr: '::/0',
      except: expect.arrayContaining(['2001:db8::/32', 'fe80::/10', 'fc00::/7']) as string[],
    })
  })

  it('the organization’s other subscriptions, of this installation only', () => {
    const peer = {
      namespaceSelector: {
        matchLabels: {
          'app.kubernetes.io/managed-by': 'berth',
          'berth.dev/installation': '0190a1b2-0000-7000-8000-000000000005',
          'berth.dev/organization': '0190a1b2-0000-7000-8000-000000000001',
        },
      },
    }
    expect(policies(named('postgres'))['allow-same-organization']).toMatchObject({
      ingress: [{ from: [peer] }],
      egress: [{ to: [peer] }],
    })
  })

  it('the ingress controller reaches what is exposed by HTTP, and nothing else', () => {
    const web = policies(named('web-with-cache'))
    expect(web['allow-ingress-to-web']).toMatchObject({
      podSelector: { matchLabels: { 'berth.dev/component': 'web' } },
      ingress: [{ ports: [{ port: 8080, protocol: 'TCP' }] }],
    })
    expect(Object.keys(web)).not.toContain('allow-ingress-to-cache')
    expect(Object.keys(policies(named('postgres'))).filter((name) => name.startsWith('allow-ingress'))).toEqual([])
  })

  it('no port of a node and no load balancer can be had', () => {
    expect(at(find(manifests(named('postgres')), 'ResourceQuota'), 'spec', 'hard')).toMatchObject({
      'services.nodeports': '0',
      'services.loadbalancers': '0',
      persistentvolumeclaims: '1',
      'requests.storage': '1Gi',
    })
  })
})

describe('what a customer is shown', () => {
  it('is where and how to connect, with what is secret marked', () => {
    const fields = Object.fromEntries(connectionOf(named('postgres')).map((field) => [field.name, field]))
    const host = 'postgres.berth-0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b.svc'
    expect(fields['host']).toMatchObject({ value: host, secret: false })
    expect(fields['uri']?.value).toBe(
      `postgresql://${fields['username']?.value}:${fields['password']?.value}@${host}:5432/app`,
    )
    expect([fields['uri']?.secret, fields['password']?.secret, fields['username']?.secret]).toEqual([true, true, false])
  })

  it('is a public host where the cluster has a base domain, and an address inside where it has none', () => {
    expect(endpointsOf(named('whoami'))).toMatchObject([
      { kind: 'HTTP', scope: 'PUBLIC', host: 'shop-2e3f4a5b.apps.example.net', port: 80, targetPort: 8080 },
    ])
    const secure = {
      ...named('whoami'),
      cluster: { baseDomain: 'a.net', certificateIssuer: 'letsencrypt', blockedCidrs: [] },
    }
    expect(connectionOf(secure)).toMatchObject([{ value: 'https://shop-2e3f4a5b.a.net' }])
    expect(at(find(manifests(secure), 'Ingress'), 'spec', 'tls')).toEqual([
      { hosts: ['shop-2e3f4a5b.a.net'], secretName: 'whoami-tls' },
    ])
    expect(at(find(manifests(secure), 'Ingress'), 'metadata', 'annotations')).toMatchObject({
      'cert-manager.io/cluster-issuer': 'letsencrypt',
    })
    const inside = { ...named('whoami'), cluster: { blockedCidrs: [] } }
    expect(endpointsOf(inside)).toMatchObject([{ scope: 'INTERNAL', port: 8080 }])
    expect(find(manifests(inside), 'Ingress')).toBeUndefined()
  })
})

describe('a certificate', () => {
  const text = `
services:
  web: { image: a, environment: [SERVICE_URL_SHOP_80=/] }
  api: { image: b, environment: [SERVICE_URL_SHOP_81=/api] }
  admin: { image: c, environment: [SERVICE_URL_ADMIN_82] }
`
  const sample = inputOf(workloadOf(text))
  const objects = manifests({ ...sample, cluster: { ...sample.cluster, certificateIssuer: 'letsencrypt' } })

  it('is asked for once for each host, however many services answer under it', () => {
    const found = objects.filter(({ kind }) => kind === 'Ingress')
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['shop', 'admin'])
    expect(at(found[0], 'spec', 'rules', 0, 'http', 'paths')).toMatchObject([
      { path: '/', backend: { service: { name: 'web', port: { number: 80 } } } },
      { path: '/api', backend: { service: { name: 'api', port: { number: 81 } } } },
    ])
    expect(found.map((object) => at(object, 'spec', 'tls', 0, 'secretName'))).toEqual(['shop-tls', 'admin-tls'])
  })

  it('can be proven: the authority is let through to what answers it, and the quota has room for that', () => {
    expect(at(find(objects, 'NetworkPolicy', 'allow-ingress-to-certificate-solvers'), 'spec')).toMatchObject({
      podSelector: { matchLabels: { 'acme.cert-manager.io/http01-solver': 'true' } },
      ingress: [{ ports: [{ port: 8089 }] }],
    })
    expect(find(manifests(sample), 'NetworkPolicy', 'allow-ingress-to-certificate-solvers')).toBeUndefined()
    expect(at(find(objects, 'ResourceQuota'), 'spec', 'hard', 'services')).toBe('5')
    expect(at(find(manifests(sample), 'ResourceQuota'), 'spec', 'hard', 'services')).toBe('3')
    const limit = (of: typeof objects, what: string) =>
      Number.parseInt(String(at(find(of, 'ResourceQuota'), 'spec', 'hard', `limits.${what}`)))
    const more = (what: string) => limit(objects, what) - limit(manifests(sample), what)
    // Two hosts, and what a solver of cert-manager is limited to.
    expect([more('cpu'), more('memory')]).toEqual([2 * 100, 2 * 64 * 2 ** 20])
  })
})
