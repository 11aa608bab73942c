import { expect, test } from 'vitest'
import { oneLine } from './schemas.ts'

test.each(['Ada Lovelace', 'Zoë', 'עדה', '👩‍💻 & co', 'a  b'])('%j can be a name', (name) => {
  expect(oneLine(100).parse(` ${name}\n`)).toBe(name)
})

test.each(['a\r\nBcc: b@example.com', 'a\tb', 'a\u2028b', 'invoice\u202Efdp.exe', '\u0007'])(
  '%j can be no name: it would not look like what it is',
  (name) => {
    expect(oneLine(100).safeParse(name).error?.issues[0]?.message).toBe(
      'must be one line, without characters that cannot be seen',
    )
  },
)
