import type { Diagnostic, ParseResult } from '../diagnostic.ts'
import type { ConnectionFieldSpec, WorkloadSpec } from '../spec.ts'
import { checkBounds } from './bounds.ts'
import { readDeclared } from './configs.ts'
import { writeOutExtensions } from './extends.ts'
import { readExpose } from './expose.ts'
import { readHeader } from './header.ts'
import { isolationOf } from './isolation.ts'
import { checkTopKeys } from './keys.ts'
import { spelledInVariables } from './magic.ts'
import { declaredNetworks } from './networks.ts'
import { isRecord, type Node } from './node.ts'
import { excessOf } from './plain.ts'
import { createReader, type Reader } from './reader.ts'
import { createReport, type Report } from './report.ts'
import { readService, type Draft } from './service.ts'
import { completeServices, findServices, labelServices } from './services.ts'
import { readSource, type Source, type SourceProblem } from './source.ts'
import { checkTopVolumes } from './top-volumes.ts'
import { createVariables, type Variables } from './variables.ts'
import { createVolumeNames, type VolumeNames } from './volume-names.ts'
import { declaredParameters, readXBerth, type XBerth } from './x-berth.ts'

/**
 * A Compose document as a workload, with what its author should know; or everything for which it is refused. Pure,
 * total and bounded: any text ends in one or the other.
 */
export function parseTemplate(source: string, options: { file?: string } = {}): ParseResult {
  const { file } = options
  const read = readSource(source)
  if (!read.ok) return { ok: false, refusals: [atTop(read.problem, file)], warnings: [] }
  const notes = read.source.notes.map((note) => atTop(note, file))
  const report = createReport(read.source.lineOf, file)
  const entry = readHeader(source)
  const spec = readDocument(read.source, entry, report)
  const warnings = [...notes, ...report.warned]
  return spec && report.refused.length === 0
    ? { ok: true, spec, warnings, entry }
    : { ok: false, refusals: report.refused, warnings }
}

const atTop = (problem: SourceProblem, file: string | undefined): Diagnostic => ({
  ...problem,
  path: '',
  ...(file !== undefined && { file }),
})

function readDocument(source: Source, header: ReturnType<typeof readHeader>, report: Report): WorkloadSpec | undefined {
  const root = writtenOut(source, report)
  if (!root) return undefined
  const { entries, leftOut } = findServices(root, report)
  const labels = labelServices(entries, report)
  const xBerth = readXBerth(root, report)
  const variables = createVariables({
    report,
    declared: declaredParameters(xBerth, report),
    services: new Map(
      [...labels].flatMap(([name, label]) => [
        [spelledInVariables(label), label],
        [spelledInVariables(name), label],
      ]),
    ),
  })
  const reader = createReader(report, variables, source.writtenAt)
  checkTopKeys(root, reader)
  checkTopVolumes(root, reader)
  checkNames(xBerth, labels, report)
  const surroundings = {
    reader,
    labels,
    leftOut,
    volumeNames: createVolumeNames(),
    configs: readDeclared(root, 'configs', reader),
    secrets: readDeclared(root, 'secrets', reader),
    networks: declaredNetworks(root),
    xBerth,
  }
  const drafts = entries.map(([name, node]) => readService(name, node, surroundings))
  const services = completeServices(drafts, surroundings)
  const connection = readConnection(xBerth, reader)
  const declarations = drafts.flatMap((draft) => draft.declarations)
  const expose = readExpose({ services, labels, xBerth, declarations, sites: variables.sites, header }, report)
  variables.warnOfInferred()
  const volumes = volumesOf(surroundings.volumeNames, xBerth, report)
  const backup = backupOf(xBerth, labels, volumes)
  checkSnapshot(xBerth, volumes, report)
  const spec: WorkloadSpec = {
    format: 1,
    services,
    volumes,
    ...collected(variables),
    expose,
    connection,
    isolation: isolationOf(services, xBerth.isolation, report),
    architectures: architecturesOf(drafts, xBerth),
    ...(backup && { backup }),
    actions: xBerth.actions.map((action) => ({ ...action, service: labels.get(action.service) ?? action.service })),
  }
  const paths = new Map(drafts.map(({ node, service }) => [service.name, node.path]))
  checkBounds(spec, (service) => paths.get(service) ?? ['services'], report)
  return spec
}

/** The document with what its services extend in its place; undefined where it is none, or becomes too much. */
function writtenOut({ root: value, writtenAt }: Source, report: Report): Node | undefined {
  if (!isRecord(value)) {
    report.refuse('NO_SERVICES', [], 'A Compose document is a map with `services` in it.')
    return undefined
  }
  const root = writeOutExtensions({ value, path: [] }, report, writtenAt)
  const excess = root.value === value ? undefined : excessOf(root.value)
  if (excess !== undefined) report.refuse('TEMPLATE_TOO_LARGE', ['services'], excess)
  return excess === undefined ? root : undefined
}

const collected = (variables: Variables): Pick<WorkloadSpec, 'secrets' | 'parameters'> => ({
  secrets: variables.secrets(),
  parameters: variables.parameters(),
})

const readConnection = ({ connection }: XBerth, { variables }: Reader): ConnectionFieldSpec[] =>
  connection.map(({ value, ...field }, index) => ({
    ...field,
    value: variables.read(value, ['x-berth', 'connection', index, 'value']),
  }))

/** Every service that `x-berth` speaks of has to be there. */
function checkNames(xBerth: XBerth, labels: ReadonlyMap<string, string>, report: Report): void {
  const named: [string, (string | number)[]][] = [
    ...Object.keys(xBerth.services).map((name): [string, (string | number)[]] => [name, ['services', name]]),
    ...xBerth.actions.map(({ service }, index): [string, (string | number)[]] => [
      service,
      ['actions', index, 'service'],
    ]),
    ...(xBerth.backup && 'service' in xBerth.backup
      ? [[xBerth.backup.service, ['backup', 'service']] as [string, (string | number)[]]]
      : []),
  ]
  for (const [name, path] of named) {
    if (!labels.has(name)) report.refuse('X_BERTH_INVALID', ['x-berth', ...path], `There is no service "${name}".`)
  }
}

function volumesOf(names: VolumeNames, xBerth: XBerth, report: Report): { name: string; share: number }[] {
  const shares = new Map<string, number>()
  for (const [source, { share }] of Object.entries(xBerth.volumes)) {
    const name = names.find(source)
    if (name !== undefined) shares.set(name, share)
    else report.refuse('X_BERTH_INVALID', ['x-berth', 'volumes', source], `No service mounts a volume "${source}".`)
  }
  return names.all().map((name) => ({ name, share: shares.get(name) ?? 1 }))
}

function backupOf(
  { backup }: XBerth,
  labels: ReadonlyMap<string, string>,
  volumes: { name: string }[],
): WorkloadSpec['backup'] {
  if (!backup) return undefined
  if ('snapshot' in backup) {
    const all = volumes.map(({ name }) => name)
    return {
      method: 'snapshot',
      volumes: backup.snapshot === true ? all : all.filter((name) => [backup.snapshot].flat().includes(name)),
    }
  }
  return { method: 'command', ...backup, service: labels.get(backup.service) ?? backup.service }
}

/** A volume that is not there would be left out of every backup, and nobody would know. */
function checkSnapshot({ backup }: XBerth, volumes: readonly { name: string }[], report: Report): void {
  const wanted = backup && 'snapshot' in backup && backup.snapshot !== true ? [backup.snapshot].flat() : []
  for (const [index, name] of wanted.entries()) {
    if (!volumes.some((volume) => volume.name === name))
      report.refuse(
        'X_BERTH_INVALID',
        ['x-berth', 'backup', 'snapshot', index],
        `No service mounts a volume "${name}".`,
      )
  }
}

/** Of a cluster's processors, those that the subscription needs: each service is put on its own. */
function architecturesOf(drafts: readonly Draft[], xBerth: XBerth): string[] {
  const platforms = drafts.flatMap(({ service }) => service.architecture ?? [])
  return xBerth.architectures.length > 0 ? xBerth.architectures : [...new Set(platforms)]
}
