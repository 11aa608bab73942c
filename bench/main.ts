import { catalog } from './catalog.ts'
import { converge } from './converge.ts'
import { getMe } from './get-me.ts'
import { login } from './login.ts'
import { memory } from './memory.ts'
import { provision } from './provision.ts'
import { requests } from './requests.ts'
import { templates } from './templates.ts'
import { users } from './users.ts'

/** `npm run bench -- NAME…`: each ends in a line `NAME ratio=… goal=…`. */
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  provision,
  converge,
  requests,
  memory,
  templates,
  users,
  catalog,
  login,
  'get-me': getMe,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in benchmarks))
if (names.length === 0 || unknown.length > 0) {
  console.error(`Name one or more of: ${Object.keys(benchmarks).join(', ')}. For example: npm run bench -- memory`)
  process.exitCode = 2
} else {
  for (const name of names) await benchmarks[name]?.()
}
