/**
 * The Pod Security Standards, judged as Kubernetes' own admission judges them, and in its words. Pure, and without a
 * dependency: the simulated API server refuses pods with it, and Berth knows with it before it asks a server.
 */
export { violations, type Level, type Violation } from './rules.ts'
