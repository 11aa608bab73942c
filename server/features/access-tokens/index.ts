import type { Job } from '../../jobs/job.ts'
import type { Feature } from '../feature.ts'
import { accessTokenRoutes } from './routes.ts'
import type { AccessTokens } from './service.ts'

const removeEnded = (tokens: AccessTokens): Job => ({
  name: 'access-tokens.remove-ended',
  schedule: '23 3 * * *',
  async run(_data, { log }) {
    log.info({ tokens: await tokens.removeEnded() }, 'removed access tokens that ended long ago')
  },
})

/** Personal access tokens. */
export const accessTokensFeature = (tokens: AccessTokens) =>
  ({ name: 'access-tokens', routes: accessTokenRoutes(tokens), jobs: [removeEnded(tokens)] }) satisfies Feature
