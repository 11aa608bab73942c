import type { Diagnostic } from '../diagnostic.ts'
import { pointerOf, type Path } from './node.ts'
import { refusals, warnings, type RefusalCode, type WarningCode } from './codes.ts'

/** Collects what there is to say; the codes' table supplies the way out. */
export type Report = {
  readonly refuse: (code: RefusalCode, path: Path, message: string) => void
  readonly warn: (code: WarningCode, path: Path, message: string) => void
  readonly refused: readonly Diagnostic[]
  readonly warned: readonly Diagnostic[]
}

/** More than anybody reads; a document made of mistakes would otherwise cost a line number for each. */
const most = 200
/** A message may hold what somebody wrote, and that may be a mebibyte of it. */
const longest = 500

export function createReport(lineOf: (path: Path) => number, file: string | undefined): Report {
  const refused: Diagnostic[] = []
  const warned: Diagnostic[] = []
  const seen = new Set<string>()
  const add = (list: Diagnostic[], code: string, path: Path, message: string, wayOut: string): void => {
    const pointer = pointerOf(path)
    const shown = message.length <= longest ? message : `${message.slice(0, longest).toWellFormed()}…`
    const key = `${code} ${pointer} ${shown}`
    if (list.length >= most || seen.has(key)) return
    seen.add(key)
    list.push({ code, path: pointer, line: lineOf(path), message: shown, wayOut, ...(file !== undefined && { file }) })
  }
  return {
    refuse: (code, path, message) => add(refused, code, path, message, refusals[code]),
    warn: (code, path, message) => add(warned, code, path, message, warnings[code]),
    refused,
    warned,
  }
}
