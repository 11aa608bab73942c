import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { configMap } from './objects.ts'
import { expectStatus } from './observe.ts'

contract('requests', (check) => {
  check('a body that does not fit its address is BadRequest', async (cluster) => {
    const ns = await cluster.namespace()
    const refused = async (body: unknown, message: RegExp) => {
      const answer = await ns.post('configmaps', body)
      expect(answer.body).toMatchObject({
        code: 400,
        reason: 'BadRequest',
        message: expect.stringMatching(message) as string,
      })
    }
    await refused(
      { ...configMap('one'), metadata: { name: 'one', namespace: 'default' } },
      /namespace of the provided object does not match/,
    )
    await refused({ ...configMap('one'), kind: 'Secret' }, /cannot be handled as a ConfigMap/)
    await refused({ ...configMap('one'), apiVersion: 'apps/v1' }, /cannot be handled|does not match|no kind/)
    await refused('{"broken"', /./)
    await refused('', /./)
    const made = await ns.create('configmaps', configMap('one'))
    const put = await cluster.call('PUT', ns.path('configmaps', 'two'), { body: made })
    expect(put.body).toMatchObject({
      code: 400,
      message: expect.stringContaining('does not match the name on the URL') as string,
    })
  })

  check('an object to be created cannot have a resourceVersion', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await ns.post('configmaps', configMap('one', {}, { resourceVersion: '5' }))
    const message = 'resourceVersion should not be set on objects to be created'
    expect(answer.body).toMatchObject({ code: 500, status: 'Failure', message })
  })

  check('YAML is as good as JSON, other types of body are not', async (cluster) => {
    const ns = await cluster.namespace()
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n'
    const made = await cluster.call('POST', ns.path('configmaps'), { body, contentType: 'application/yaml' })
    expect(expectStatus(made, 201).data).toEqual({ a: '1' })
    const read = await cluster.call('GET', ns.path('configmaps', 'yaml'), { headers: { accept: 'application/yaml' } })
    expect(read.headers['content-type']).toBe('application/yaml')
    expect(read.text).toContain('kind: ConfigMap')
    const other = await cluster.call('POST', ns.path('configmaps'), { body, contentType: 'text/csv' })
    expect(other.body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' })
    const answer = await cluster.call('GET', ns.path('configmaps', 'yaml'), { headers: { accept: 'text/csv' } })
    expect(answer.status).toBe(406)
  })

  check('a method that a path does not have is MethodNotAllowed', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await cluster.call('POST', ns.path('configmaps', 'one'), { body: configMap('one') })
    expect(answer.body).toMatchObject({ code: 405, reason: 'MethodNotAllowed' })
  })

  check('a patch of an unknown type is UnsupportedMediaType', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one'))
    const answer = await cluster.call('PATCH', ns.path('configmaps', 'one'), {
      body: {},
      contentType: 'application/json',
    })
    expect(answer.body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' })
  })

  check('a dry run answers as if, and changes nothing', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.post('configmaps', configMap('one'), { dryRun: 'All' }), 201)
    expect((await ns.get('configmaps', 'one')).status).toBe(404)
    await ns.create('configmaps', configMap('one', { a: '1' }))
    const patched = expectStatus(
      await ns.patch('merge', 'configmaps', 'one', { data: { a: '2' } }, { dryRun: 'All' }),
      200,
    )
    expect(patched.data).toEqual({ a: '2' })
    expectStatus(await ns.delete('configmaps', 'one', undefined, { dryRun: 'All' }), 200)
    expect((await ns.read('configmaps', 'one')).data).toEqual({ a: '1' })
    expect((await ns.post('configmaps', configMap('two'), { dryRun: 'Some' })).status).toBe(422)
  })

  check('unknown fields are dropped, warned about or refused, as asked', async (cluster) => {
    const ns = await cluster.namespace()
    const odd = (name: string) => ({ ...configMap(name), colour: 'red' })
    const ignored = await ns.post('configmaps', odd('ignored'), { fieldValidation: 'Ignore' })
    expect(expectStatus(ignored, 201)['colour']).toBeUndefined()
    expect(ignored.headers['warning']).toBeUndefined()
    const warned = await ns.post('configmaps', odd('warned'), { fieldValidation: 'Warn' })
    expectStatus(warned, 201)
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"colour\\""')
    const refused = await ns.post('configmaps', odd('refused'), { fieldValidation: 'Strict' })
    expect(refused.body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: expect.stringContaining('strict decoding error: unknown field "colour"') as string,
    })
  })
})
