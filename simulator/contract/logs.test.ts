import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Namespace } from './namespace.ts'
import { container, pod } from './objects.ts'
import { at, eventually } from './observe.ts'

const shell = (script: string) => container({ command: ['sh', '-c', script] })

const running = (ns: Namespace) =>
  eventually('the pod runs', async () => at(await ns.read('pods', 'one'), 'status.phase') === 'Running')

contract('logs', (check) => {
  check('logs are text, as much as asked for, of the container asked for', async (cluster) => {
    const ns = await cluster.namespace()
    const loud = shell('echo one; echo two; echo three; sleep 100000')
    await ns.create('pods', pod('one', { containers: [loud, container({ name: 'side' })] }))
    await running(ns)
    const log = (query: object) => cluster.call('GET', ns.path('pods', 'one', 'log'), { query: { ...query } })
    const unnamed = await log({})
    expect(unnamed.body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: 'a container name must be specified for pod one, choose one of: [main side]',
    })
    const unknown = await log({ container: 'other' })
    expect(unknown.body).toMatchObject({ code: 400, message: 'container other is not valid for pod one' })
    const all = await eventually('all lines', async () => {
      const answer = await log({ container: 'main' })
      return answer.text.includes('three') && answer
    })
    expect(all.headers['content-type']).toBe('text/plain')
    expect(all.text).toBe('one\ntwo\nthree\n')
    expect((await log({ container: 'main', tailLines: 1 })).text).toBe('three\n')
    expect((await log({ container: 'main', tailLines: 0 })).text).toBe('')
    expect((await log({ container: 'main', limitBytes: 5 })).text).toBe('one\nt')
    const stamped = (await log({ container: 'main', timestamps: true, tailLines: 1 })).text
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00) three\n$/)
    const previous = await log({ container: 'main', previous: true })
    expect(previous.body).toMatchObject({
      code: 400,
      message: expect.stringContaining('previous terminated container "main" in pod "one" not found') as string,
    })
    const odd = await log({ container: 'main', tailLines: -1 })
    expect(odd.body).toMatchObject({ code: 422, reason: 'Invalid' })
  })

  check('followed logs arrive while the container runs', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', pod('one', { containers: [shell('echo one; sleep 100000')] }))
    await running(ns)
    const follow = await cluster.follow(ns.path('pods', 'one', 'log'), { follow: true })
    await eventually('the first line', () => follow.text() === 'one\n')
    follow.close()
  })
})
