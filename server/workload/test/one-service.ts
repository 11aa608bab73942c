import type { ServiceSpec } from '../spec.ts'
import { parseTemplate } from '../compose/parse.ts'
import { refusalsOf, workloadOf } from './sample.ts'

/** A document of one service, `web`, with these lines in it; `rest` stands beside `services`. */
export const document = (lines: string, rest = ''): string =>
  `services:\n  web:\n    image: nginx:1\n    ${lines.trim().replaceAll('\n', '\n    ')}\n${rest}`

export function read(lines: string, rest = ''): ServiceSpec {
  const [service] = workloadOf(document(lines, rest)).services
  if (!service) throw new Error('there is no service')
  return service
}

export const warned = (lines: string, rest = ''): string[] =>
  parseTemplate(document(lines, rest)).warnings.map(({ code, path }) => `${code} ${path}`)

export const refused = (lines: string, rest = ''): string[] =>
  refusalsOf(document(lines, rest)).map(({ code, path }) => `${code} ${path}`)
