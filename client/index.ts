export { createClient, type Client, type ClientOptions, type Tokens } from './client.ts'
export { followEvents, type FollowOptions, type StreamedEvent } from './events.ts'
export { dataOf, isApiError, type ApiError, type Problem } from './problem.ts'
export type { components, operations, paths } from './schema.d.ts'
