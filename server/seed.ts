import { parseArgs } from 'node:util'
import { readConfig } from './config/read-config.ts'
import type { Config } from './config/types.ts'
import { createJobQueue } from './jobs/queue.ts'
import { createClock } from './lib/clock.ts'
import { isFailure, messageOf } from './lib/errors.ts'
import { createLog, type Logger } from './lib/log.ts'
import { createSecretBox } from './lib/secret-box.ts'
import { writeDemo } from './seed/demo.ts'
import { createClosing, type Closing } from './start/closing.ts'
import { keysBeside } from './start/encryption-keys.ts'
import { openExistingDatabase } from './start/existing-database.ts'
import { openInstallation } from './start/installation.ts'

/** `npm run seed -- --demo`: people and subscriptions to look at, in the installation that the settings name. */
const usage = 'npm run seed -- --demo adds users and subscriptions to look at; everything else is seeded at start.'

await run()

async function run(): Promise<void> {
  const log = createLog('warn', process.stderr)
  const closing = createClosing(log)
  try {
    const { values } = parseArgs({ options: { demo: { type: 'boolean', default: false } } })
    process.stdout.write(`${values.demo ? await addDemo(readConfig(), log, closing) : usage}\n`)
  } catch (error) {
    process.exitCode = 1
    if (isFailure(error) || error instanceof TypeError) process.stderr.write(`${messageOf(error)}\n`)
    else log.fatal({ err: error }, messageOf(error))
  } finally {
    await closing.closeAll()
  }
}

async function addDemo(config: Config, log: Logger, closing: Closing): Promise<string> {
  const database = await openExistingDatabase(config, log, closing)
  const secretBox = createSecretBox(config.encryptionKeys ?? keysBeside(config.dataDirectory))
  await openInstallation(database, secretBox)
  const jobs = createJobQueue({ database, log })
  closing.add('jobs', () => jobs.stop())
  await jobs.prepare([])
  const { password, emails } = await writeDemo({ database, jobs, secretBox, clock: createClock() })
  return `Added, all with the password ${password}:\n${emails.map((email) => `  ${email}`).join('\n')}`
}
