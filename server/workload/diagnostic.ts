import type { WorkloadSpec } from './spec.ts'

/** Something to say about a template: where, what, and the way out. */
export type Diagnostic = {
  /** Stable, SCREAMING_SNAKE. `diagnostics.ts` in compose/ lists what each means. */
  readonly code: string
  /** JSON pointer (RFC 6901) into the document; empty for the whole of it. */
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly message: string
  readonly wayOut: string
  readonly file?: string
}

/** What the comments at the head of a public template say of it, for the catalog. */
export type TemplateHeader = {
  readonly documentation?: string
  readonly slogan?: string
  readonly category?: string
  readonly tags: readonly string[]
  readonly logo?: string
  readonly port?: number
  /** The template asks catalogs to leave it out. */
  readonly ignore: boolean
}

export type ParseResult =
  | {
      readonly ok: true
      readonly spec: WorkloadSpec
      readonly warnings: readonly Diagnostic[]
      readonly entry: TemplateHeader
    }
  | { readonly ok: false; readonly refusals: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] }
