import type { Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { Clock } from '../../lib/clock.ts'
import * as store from './credentials-store.ts'

/** What of a person decides how they sign in. Written by whoever has proven that they may. */

export function createCredentials({ clock }: { clock: Clock }) {
  return {
    /** The user, its row locked until the transaction ends: its rules are checked one after the other. */
    lock: (tx: Tx, userId: string): Promise<User | undefined> => store.lockUser(tx, userId),

    setPassword: (tx: Tx, userId: string, passwordHash: string): Promise<void> =>
      store.setPassword(tx, userId, passwordHash, clock.systemNow()),

    /** Whether it was not confirmed before. */
    confirmEmail: (tx: Tx, userId: string): Promise<boolean> => store.confirmEmail(tx, userId, clock.systemNow()),

    /** To an address that its owner has just confirmed. False where another account has it. */
    changeEmail: (tx: Tx, userId: string, email: string): Promise<boolean> =>
      store.changeEmail(tx, userId, email, clock.systemNow()),

    /** Access tokens that were made before then, by whoever had the account. */
    endAccessTokens: (tx: Tx, userId: string, madeBefore: Date): Promise<void> =>
      store.endAccessTokens(tx, userId, { madeBefore, now: clock.systemNow() }),

    rename: (tx: Tx, userId: string, name: string): Promise<void> => store.rename(tx, userId, name, clock.systemNow()),
  }
}
