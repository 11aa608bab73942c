import type { Config } from '../../config/types.ts'

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether mails are shown on a page of this machine instead of being sent: for development, and for nothing else. */
export const mailboxIsOpen = ({ publicUrl, mailServer }: Pick<Config, 'publicUrl' | 'mailServer'>): boolean =>
  mailServer === undefined && localHosts.has(new URL(publicUrl).hostname)
