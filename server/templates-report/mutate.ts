/** Turns templates into what nobody would write, the same way for the same seed. */

/** Whole numbers below a bound. */
export type Dice = (below: number) => number

/** Mulberry32: small, fast, and good enough to be unlucky with. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return below <= 0 ? 0 : ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** What means something to YAML, to Compose, to JavaScript or to Kubernetes. */
const scraps = [
  ...['${', '}', '$', '$$', '${A:-', '${A:?', '$(', '&a ', '*a', '<<: ', '<<: *a', '- ', ': ', '? ', '\n', '\t', '  '],
  ...['"', "'", '|', '>', '|-\n', '[', ']', '{', '}', '#', '!', '!!binary ', '!!set ', '%YAML 1.1\n', '---\n', '...\n'],
  ...['null', '~', 'true', 'yes', '0', '-1', '0o777', '1e400', '.nan', '.inf', '99999999999999999999', '2001-01-01'],
  ...['__proto__', 'constructor', 'toString', 'services:', 'image: a', 'x-berth:', '\u0000', '\ud800', '\ufeff', '🐘'],
  ...[
    '/',
    '..',
    '/etc',
    'docker.sock',
    ':',
    '80-90',
    '65536',
    '1h',
    '-1s',
    '1gb',
    'SERVICE_PASSWORD_X',
    'SERVICE_URL_A_80',
  ],
]

type Mutation = (text: string, dice: Dice, others: readonly string[]) => string

/** Most of these end in something that is no longer YAML. */
const rough: readonly Mutation[] = [
  (text, dice) => splice(text, dice(text.length + 1), dice(40), ''),
  (text, dice) => splice(text, dice(text.length + 1), dice(3), pick(scraps, dice)),
  (text, dice) => splice(text, dice(text.length + 1), 0, pick(scraps, dice).repeat(1 + dice(60))),
  (text, dice) => splice(text, dice(text.length + 1), 1, String.fromCharCode(dice(0x10000))),
  (text, dice) => text.slice(0, dice(text.length + 1)),
  (text, dice, others) => splice(text, dice(text.length + 1), dice(200), sliceOf(pick(others, dice), dice)),
  (text, dice, others) => onLine(text, dice, (line) => `${line}\n${pick(linesOf(pick(others, dice)), dice)}`),
  (text, dice) => onLine(text, dice, (line) => `${' '.repeat(dice(5))}${line.trimStart()}`),
  (text, dice) => onLine(text, dice, (line) => `${line}\n`.repeat(1 + dice(30))),
]

/** Most of these stay YAML, and are something else than Compose wants. */
const fine: readonly Mutation[] = [
  (text, dice) =>
    onLine(text, dice, (line) => line.replace(/(:\s).*$/, (_, colon: string) => colon + pick(scraps, dice))),
  (text, dice) => onLine(text, dice, (line) => line.replace(/- .*$/, () => `- ${quoted(dice)}`)),
  (text, dice) => onLine(text, dice, (line) => line.replace(/(:\s).*$/, (_, colon: string) => colon + quoted(dice))),
  (text, dice) =>
    onLine(text, dice, (line) =>
      line.replace(/(:\s).*$/, (_, colon: string) => `${colon}[${quoted(dice)}, ${quoted(dice)}]`),
    ),
  (text, dice) =>
    onLine(text, dice, (line) =>
      line.replace(/(:\s).*$/, (_, colon: string) => `${colon}{ ${quoted(dice)}: ${quoted(dice)} }`),
    ),
  (text, dice) => onLine(text, dice, (line) => line.replace(/[A-Za-z_]+:/, `${pick(words, dice)}:`)),
  (text, dice) => onLine(text, dice, (line) => line.replace(/\d+/, String(dice(2 ** 32)))),
  (text, dice) => onLine(text, dice, () => ''),
]

const words = [
  ...['image', 'command', 'entrypoint', 'environment', 'ports', 'expose', 'volumes', 'tmpfs', 'healthcheck', 'test'],
  ...['depends_on', 'deploy', 'resources', 'configs', 'secrets', 'networks', 'user', 'links', 'sysctls', 'extra_hosts'],
  ...['content', 'target', 'source', 'type', 'interval', 'condition', 'dns', 'platform', 'restart', 'profiles'],
  ...['cap_add', 'security_opt', 'shm_size', 'scale', 'volumes_from', 'hostname', 'container_name', 'group_add'],
]

/** A scrap, or two, as a text that YAML reads back. */
const quoted = (dice: Dice): string => JSON.stringify(pick(scraps, dice) + (dice(2) === 0 ? pick(scraps, dice) : ''))

/** One template after one to four changes. */
export function mutate(templates: readonly string[], dice: Dice): string {
  let text = pick(templates, dice)
  const mutations = dice(4) === 0 ? rough : fine
  for (let count = 1 + dice(4); count > 0; count--) text = pick(mutations, dice)(text, dice, templates)
  return text
}

const pick = <Item>(items: readonly Item[], dice: Dice): Item => {
  const item = items[dice(items.length)]
  if (item === undefined) throw new RangeError('there is nothing to choose from')
  return item
}

const splice = (text: string, at: number, drop: number, put: string): string =>
  text.slice(0, at) + put + text.slice(at + drop)

function sliceOf(text: string, dice: Dice): string {
  const from = dice(text.length)
  return text.slice(from, from + dice(400))
}

const linesOf = (text: string): string[] => text.split('\n')

function onLine(text: string, dice: Dice, change: (line: string) => string): string {
  const lines = linesOf(text)
  const index = dice(lines.length)
  lines[index] = change(lines[index] ?? '')
  return lines.join('\n')
}
