import { join } from 'node:path'

/** What a test file needs to clone the template, or why there is nothing to clone. */
export type TestServer = RunningServer | { failed: string }
export type RunningServer = { url: string; template: string }

/** Where the run's setup says it to the test files, which are other processes. */
export const serverFile = (folder: string): string => join(folder, 'server.json')

/** The same server, another database. */
export function onDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}
