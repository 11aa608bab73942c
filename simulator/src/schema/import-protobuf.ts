/**
 * Writes `generated/protobuf.json` from the Go types of Kubernetes, whose struct tags carry the numbers on the wire:
 *
 *     node src/schema/import-protobuf.ts $GOPATH/pkg/mod/k8s.io/api@v0.34.4 $GOPATH/pkg/mod/k8s.io/apimachinery@v0.34.4
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProtobufField } from './protobuf.ts'
import { definitions } from './schema.ts'

const [api = '', machinery = ''] = process.argv.slice(2)

/** The file of Go types that an OpenAPI name comes from. */
function fileOf(name: string): string | undefined {
  const [, group, version] = /^io\.k8s\.api\.([a-z]+)\.([a-z0-9]+)\./.exec(name) ?? []
  if (group && version) return join(api, group, version, 'types.go')
  return name.startsWith('io.k8s.apimachinery.pkg.apis.meta.v1.')
    ? join(machinery, 'pkg/apis/meta/v1/types.go')
    : undefined
}

function structOf(file: string, name: string): string | undefined {
  const text = readFileSync(file, 'utf8')
  const start = text.search(new RegExp(`^type ${name} struct \\{`, 'm'))
  return start < 0 ? undefined : text.slice(start, text.indexOf('\n}', start))
}

const line = /^\s+(\w+\s+)?(\S+)\s+`(?:json:"([^"]*)")?.*protobuf:"(?:varint|bytes|fixed64),(\d+)/

function formOf(goType: string): string {
  if (goType.includes('[]byte')) return 'bytes'
  if (goType.includes('MicroTime')) return 'micro'
  if (goType.endsWith('metav1.Time') || goType.endsWith('*Time') || goType === 'Time') return 'time'
  return ''
}

const messages: Record<string, ProtobufField[]> = {}

function read(key: string, file: string, struct: string): void {
  if (messages[key] || !existsSync(file)) return
  const body = structOf(file, struct)
  if (body === undefined) return
  const fields: ProtobufField[] = []
  messages[key] = fields
  for (const text of body.split('\n')) {
    const match = line.exec(text)
    if (!match || text.trimStart().startsWith('//')) continue
    const [, , goType = '', json = '', number = '0'] = match
    const [name = '', ...flags] = json.split(',')
    if (flags.includes('inline')) {
      const inner = goType.replace(/^\*/, '')
      const innerKey = `${file.replace(api, '').replace(machinery, '')}:${inner}`
      fields.push({ number: Number(number), inline: innerKey })
      read(innerKey, file, inner)
      continue
    }
    const form = formOf(goType)
    const keep = goType.startsWith('*') || !flags.includes('omitempty')
    fields.push({ number: Number(number), name, ...(keep ? { keep: true } : {}), ...(form ? { form } : {}) })
  }
}

for (const name of Object.keys(definitions)) {
  const file = fileOf(name)
  if (file) read(name, file, name.split('.').at(-1) ?? '')
}
writeFileSync(new URL('generated/protobuf.json', import.meta.url), `${JSON.stringify(messages)}\n`)
