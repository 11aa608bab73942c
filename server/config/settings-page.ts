import { settings, type Setting } from './settings.ts'

/** docs/settings.md, from the table of settings. */
export function settingsPage(): string {
  const rows = Object.entries<Setting>(settings)
  const groups = [...new Set(rows.map(([, { group }]) => group))]
  const tables = groups.map((group) => {
    const lines = rows.filter(([, setting]) => setting.group === group).map(([name, setting]) => row(name, setting))
    return [`## ${group}`, '', '| setting | meaning | default | example |', '| --- | --- | --- | --- |', ...lines].join(
      '\n',
    )
  })
  return [introduction, ...tables, ''].join('\n\n')
}

const introduction = `<!-- Written by \`npm run generate:settings\` from server/config/settings.ts: change it there. -->

# Settings

Berth reads its settings from the environment, and nothing needs to be set. An empty value counts as not set. A wrong
value, or a name that begins with \`BERTH_\` and is not listed here, ends the start with one sentence and exit code 2.`

const row = (name: string, { meaning, fallback, otherwise, example }: Setting): string =>
  `| ${[`\`${name}\``, meaning, fallback === undefined ? (otherwise ?? '') : `\`${fallback}\``, `\`${example}\``].map(cell).join(' | ')} |`

const cell = (text: string): string => text.replaceAll('|', '\\|')
