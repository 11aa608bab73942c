/** The text as LIKE finds it and nothing else: `%`, `_` and `\` stand for themselves (PostgreSQL 9.7.1). */
export const literally = (text: string): string => text.replaceAll(/[\\%_]/g, (wildcard) => `\\${wildcard}`)
