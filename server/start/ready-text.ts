import type { Config } from '../config/types.ts'
import { mailboxIsOpen } from '../features/notifications/mailbox/open.ts'
import type { Started } from './start.ts'

/** Where everything is. The administrator's password is in it once: at the start that made it. */
export function readyText(config: Config, started: Started, milliseconds: number): string {
  const { roles } = config
  const lines: [string, string | undefined][] = [
    ['API', roles.includes('api') ? `${started.url}/api/v1` : undefined],
    ['Documentation', roles.includes('api') ? `${started.url}/docs` : undefined],
    ['Mails', mailText(config, started)],
    ['Health, metrics', `${started.url}/readyz ${started.url}/metrics`],
    ['Administrator', config.admin.email],
    ['Password', started.madePassword && `${started.madePassword} (shown this once)`],
    ['Cluster', clusterText(config, started)],
    [
      'Database',
      started.embeddedDatabase ? `embedded PostgreSQL: ${started.embeddedDatabase}` : 'as DATABASE_URL says',
    ],
    ['Data', config.dataDirectory],
    ['Roles', roles.length < 3 ? roles.join(', ') : undefined],
  ]
  const told = lines.filter((line): line is [string, string] => line[1] !== undefined)
  const table = told.map(([name, value]) => `  ${name.padEnd(15)}  ${value}`).join('\n')
  return `\nBerth is ready in ${Math.round(milliseconds)} ms.\n\n${table}\n\n  Ctrl-C stops it.\n\n`
}

/** Who runs it for the first time looks for the mail that confirms the first account. */
const mailText = (config: Config, { url }: Started): string | undefined =>
  config.roles.includes('api') && mailboxIsOpen(config)
    ? `${url}/mailbox (sent to nobody: SMTP_URL is not set)`
    : undefined

const clusterText = ({ simulator }: Config, { simulatedKubeconfig }: Started): string =>
  simulatedKubeconfig === undefined
    ? 'as KUBECONFIG or the service account says'
    : `SIMULATED, ${simulator.nodes} nodes: kubectl --kubeconfig ${simulatedKubeconfig} get pods -A`
