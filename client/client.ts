import createOpenApiClient, { type Client as OpenApiClient } from 'openapi-fetch'
import { apiError, dataOf } from './problem.ts'
import type { paths } from './schema.d.ts'

/** What a sign-in is: the access token for requests, the refresh token for the next pair. */
export type Tokens = { accessToken: string; refreshToken?: string }

export type ClientOptions = {
  /** Such as `https://berth.example.org`. */
  baseUrl: string
  /** Of an earlier sign-in; `login` gets new ones. */
  accessToken?: string
  refreshToken?: string
  /** Called with every new pair: a refresh token is used once, so keep the new one. */
  onTokens?: (tokens: Tokens) => void
  /** In place of the runtime's own. */
  fetch?: (request: Request) => Promise<Response>
}

/** Every path of the API, typed: `GET`, `POST`, … of openapi-fetch, and the sign-in. */
export type Client = OpenApiClient<paths> & {
  readonly baseUrl: string
  /** Logs in; later requests carry the access token, which is refreshed when it has expired. Throws an `ApiError`. */
  login(credentials: { email: string; password: string }): Promise<Tokens>
  /** Ends the sign-in on the server and forgets its tokens. */
  logout(): Promise<void>
  /** `fetch` with the sign-in: for what is not JSON. */
  fetch(request: Request): Promise<Response>
}

const unauthorized = 401

export function createClient({ baseUrl, fetch: send = fetch, onTokens, ...given }: ClientOptions): Client {
  let tokens: Tokens | undefined =
    given.accessToken === undefined ? undefined : { ...given, accessToken: given.accessToken }
  let refreshing: Promise<boolean> | undefined
  const plain = createOpenApiClient<paths>({ baseUrl, fetch: send })

  const keep = (next: Tokens) => {
    tokens = next
    onTokens?.(next)
  }

  /** Whether there is a new access token; requests that expire together refresh once. */
  const refresh = (): Promise<boolean> => {
    const refreshToken = tokens?.refreshToken
    if (refreshToken === undefined) return Promise.resolve(false)
    refreshing ??= plain
      .POST('/api/v1/auth/refresh', { body: { refreshToken } })
      .then(({ data }) => {
        if (data) keep(data)
        return data !== undefined
      })
      .finally(() => (refreshing = undefined))
    return refreshing
  }

  const authorized = (request: Request): Request => {
    if (tokens) request.headers.set('Authorization', `Bearer ${tokens.accessToken}`)
    return request
  }

  const fetchSignedIn = async (request: Request): Promise<Response> => {
    const again = request.clone()
    const used = tokens?.accessToken
    const response = await send(authorized(request))
    if (response.status !== unauthorized || used === undefined) return response
    // Another request may have refreshed while this one was on its way.
    const renewed = tokens?.accessToken !== used || (await refresh())
    if (!renewed) return response
    await response.body?.cancel()
    return send(authorized(again))
  }

  const api = createOpenApiClient<paths>({ baseUrl, fetch: fetchSignedIn })
  return Object.assign(api, {
    baseUrl,
    fetch: fetchSignedIn,
    async login(credentials: { email: string; password: string }): Promise<Tokens> {
      const body = { ...credentials, tokenDelivery: 'body' } as const
      const { accessToken, refreshToken } = await dataOf(plain.POST('/api/v1/auth/login', { body }))
      const next = { accessToken, ...(refreshToken !== undefined && { refreshToken }) }
      keep(next)
      return next
    },
    async logout() {
      const { error, response } = await api.POST('/api/v1/auth/logout')
      if (!response.ok && response.status !== unauthorized) throw apiError(response, error)
      tokens = undefined
    },
  })
}
