/** `pods/log`: what a container printed, and what it prints from now on. */
import { badRequest, invalid, invalidValue } from '../errors.ts'
import { asObjects, asString, at } from '../json.ts'
import { type LogLine, type LogQuery, type Logs } from '../logs.ts'
import { type Clock, type KubeObject } from '../types.ts'
import { type Exchange } from './exchange.ts'

function chosenContainer(pod: KubeObject, wanted: string | null): string {
  const names = (list: string): string[] => asObjects(at(pod, 'spec', list)).map((each) => asString(each.name) ?? '')
  const [containers, inits] = [names('containers'), names('initContainers')]
  if (wanted) {
    if ([...containers, ...inits].includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`)
  }
  const only = containers[0]
  if (only !== undefined && containers.length === 1 && inits.length === 0) return only
  const some = inits.length ? ` or one of the init containers: [${inits.join(' ')}]` : ''
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.join(' ')}]${some}`,
  )
}

function logQuery(query: URLSearchParams, now: Date): LogQuery {
  const tail = query.get('tailLines')
  const seconds = query.get('sinceSeconds')
  const time = query.get('sinceTime')
  const since = seconds ? new Date(now.getTime() - Number(seconds) * 1_000) : time ? new Date(time) : undefined
  return {
    ...(tail ? { tailLines: Number(tail) } : {}),
    ...(since ? { since } : {}),
    ...(query.get('previous') === 'true' ? { previous: true } : {}),
  }
}

/** Answers with the lines as text; with `follow` the answer lasts until the pod is gone or the client is. */
export function serveLog(
  exchange: Exchange,
  pod: KubeObject,
  logs: Logs,
  clock: Clock,
  onGone: (run: () => void) => () => void,
): void {
  const { query, response } = exchange
  const container = chosenContainer(pod, query.get('container'))
  const { uid, name } = pod.metadata
  for (const field of ['tailLines', 'limitBytes', 'sinceSeconds']) {
    const number = Number(query.get(field) ?? 1)
    if (number >= (field === 'tailLines' ? 0 : 1)) continue
    const least = field === 'tailLines' ? 'must be greater than or equal to 0' : 'must be greater than 0'
    throw invalid({ group: '', kind: 'PodLogOptions' }, name, [invalidValue(field, number, least)])
  }
  const lines = logs.read(uid, container, logQuery(query, clock.now()))
  if (!lines && query.get('previous') === 'true') {
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`)
  }
  const statuses = [
    ...asObjects(at(pod, 'status', 'containerStatuses')),
    ...asObjects(at(pod, 'status', 'initContainerStatuses')),
  ]
  const status = statuses.find((each) => each.name === container)
  const waiting = asString(at(status, 'state', 'waiting', 'reason'))
  if (!lines && (!status || (waiting !== undefined && waiting !== 'CrashLoopBackOff'))) {
    const why =
      waiting === 'ErrImagePull' || waiting === 'ImagePullBackOff'
        ? 'trying and failing to pull image'
        : (waiting ?? 'ContainerCreating')
    throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${why}`)
  }
  const text = (line: LogLine): string =>
    `${query.get('timestamps') === 'true' ? `${line.time.toISOString().replace('Z', '000000Z')} ` : ''}${line.text}\n`
  response.writeHead(200, { 'content-type': 'text/plain' })
  const bytes = Buffer.from((lines ?? []).map(text).join(''))
  const limit = query.get('limitBytes')
  response.write(limit ? bytes.subarray(0, Number(limit)) : bytes)
  if (query.get('follow') !== 'true') {
    response.end()
    return
  }
  response.flushHeaders()
  const unfollow = logs.follow(uid, container, (line) => response.write(text(line)))
  const forget = onGone(() => response.end())
  response.on('close', () => {
    unfollow()
    forget()
  })
}
