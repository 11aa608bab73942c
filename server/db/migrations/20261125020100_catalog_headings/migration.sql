-- Names, slugs and tags by themselves: a search finds what is called so before it ranks what only mentions the word,
-- and the weights of "search" are not in its index, so that asking it would read every row that mentions the word.
CREATE INDEX "services_headings_idx" ON "services"
  USING GIN (to_tsvector('simple'::regconfig, "name" || ' ' || "slug" || ' ' || "joined_tags"("tags")));
