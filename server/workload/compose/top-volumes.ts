import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys } from './shape.ts'

const known = new Set(['driver', 'driver_opts', 'external', 'labels', 'name'])

/** Named volumes are made here; those of somebody else's, and those that are the host's folders, are not. */
export function checkTopVolumes(root: Node, reader: Reader): void {
  const top = child(root, 'volumes')
  for (const [name, node] of top ? reader.map(top) : []) {
    if (node.value === null) continue
    checkKeys(node, known, 'A volume', reader)
    checkExternal(name, node, reader)
    checkDriver(name, node, reader)
  }
}

/** `external: true`, and the older `external: { name: … }`. */
function checkExternal(name: string, node: Node, reader: Reader): void {
  const external = child(node, 'external')
  if (!external || (typeof external.value !== 'object' && reader.flag(external) === false)) return
  reader.report.refuse('VOLUME_NOT_SUPPORTED', external.path, `The volume "${name}" belongs to somebody else.`)
}

/** Docker's own driver makes a folder of the host, or a mount of anything, into a volume. */
function checkDriver(name: string, node: Node, reader: Reader): void {
  const text = (inner: Node | undefined): string => (inner && reader.fixed(inner)) ?? ''
  const driver = child(node, 'driver')
  if (driver && !['', 'local', 'default'].includes(text(driver))) {
    reader.report.refuse('VOLUME_NOT_SUPPORTED', driver.path, `There is no volume driver "${text(driver)}".`)
  }
  const options = child(node, 'driver_opts')
  const device = options && child(options, 'device')
  if (!options || !device) return
  const type = text(child(options, 'type'))
  const isBind = ['', 'none', 'bind'].includes(type) || text(child(options, 'o')).split(',').includes('bind')
  if (isBind) reader.report.refuse('BIND_OF_HOST_PATH', device.path, `The volume "${name}" is a path of the host.`)
  else reader.report.refuse('VOLUME_NOT_SUPPORTED', options.path, `The volume "${name}" is a mount of type "${type}".`)
}
