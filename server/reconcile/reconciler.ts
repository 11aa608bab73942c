/** Drives something towards what is wanted until it is stopped. The reconciler role runs all of them. */
export type Reconciler = {
  name: string
  start(): Promise<void>
  /** Waits for the passes under way. */
  stop(): Promise<void>
}
