/**
 * Waits until all have ended, also where one fails: what is half open can then be closed, and nothing opens behind the
 * closing. Throws the first failure.
 */
export async function together<const Work extends readonly unknown[]>(
  ...works: Work
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(works)
  return Promise.all(works)
}
