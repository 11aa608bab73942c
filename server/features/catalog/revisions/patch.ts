/** More differing lines than this are no diff that anybody reads, and would take long to find. */
const mostDifferences = 1_000

type Revision = { number: number; source: string }

/** A unified diff of two templates; null where they have next to nothing in common. */
export async function patchOf(before: Revision, after: Revision): Promise<string | null> {
  const { createTwoFilesPatch } = await import('diff')
  const [from, to] = [before, after].map(({ number }) => `revision-${number}.yaml`)
  const patch = createTwoFilesPatch(from ?? '', to ?? '', before.source, after.source, undefined, undefined, {
    context: 3,
    maxEditLength: mostDifferences,
  })
  return patch ?? null
}
