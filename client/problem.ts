import type { components } from './schema.d.ts'

/** The document that every failure answers with (RFC 9457), with whatever members its code adds. */
export type Problem = components['schemas']['Problem'] & { readonly [member: string]: unknown }
export type ApiError = Error & { readonly name: 'ApiError'; readonly status: number; readonly problem: Problem }

export const isApiError = (error: unknown): error is ApiError => error instanceof Error && error.name === 'ApiError'

type Outcome<Data> = { data?: Data; error?: unknown; response: Response }

/**
 * The data of an answer. Throws an `ApiError` with the problem document where the request failed.
 * @example
 * const profile = await dataOf(client.GET('/api/v1/me'))
 */
export async function dataOf<Data>(outcome: Promise<Outcome<Data>> | Outcome<Data>): Promise<NonNullable<Data>> {
  const { data, error, response } = await outcome
  if (response.ok && data !== undefined && data !== null) return data
  throw apiError(response, error)
}

/** An error of an answer whose body is `body`; proxies in between may answer something else than a problem document. */
export function apiError(response: Response, body: unknown): ApiError {
  const problem = isProblem(body) ? body : unexpected(response)
  return Object.assign(new Error(`${problem.detail} (${problem.code})`), {
    name: 'ApiError' as const,
    status: response.status,
    problem,
  })
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'detail' in body

const unexpected = ({ status, url }: Response): Problem => ({
  type: 'about:blank',
  title: 'Unexpected answer',
  status,
  detail: `${url} answered ${status} without a problem document`,
  instance: url,
  code: 'UNEXPECTED_ANSWER',
  requestId: '',
})
