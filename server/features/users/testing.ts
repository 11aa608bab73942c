import type { SignedIn, TestApi } from '../auth/testing.ts'
import { encodeId } from '../../lib/ids.ts'

/** An administrator's requests, for tests. */
export type UserJson = { id: string; email: string; name: string; status: string; role: string } & Record<
  string,
  unknown
>
type Answer = { status: number; headers: Headers; body: UserJson & { code?: string } }

export const usersPath = '/api/v1/users'
export const pathOf = ({ userId }: Pick<SignedIn, 'userId'>, action = ''): string =>
  `${usersPath}/${encodeId('user', userId)}${action}`

export const asAdministrator =
  (api: TestApi, { accessToken: token }: SignedIn) =>
  async (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> => {
    const {
      status,
      headers: answered,
      body: json,
    } = await api.send(method, path, {
      token,
      headers,
      ...(body && { body }),
    })
    return { status, headers: answered, body: json as Answer['body'] }
  }
