import { expect, test } from 'vitest'
import { networkOf } from './ip-address.ts'

test.each([
  ['198.51.100.7', '198.51.100.7', '198.51.100'],
  ['::ffff:198.51.100.7', '198.51.100.7', '198.51.100'],
  ['2001:db8:0:1::5', '2001:db8:0:1', '2001:db8:0'],
  ['2001:0DB8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1', '2001:db8:0'],
  ['::1', '0:0:0:0', '0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0', 'fe80:0:0'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4', '1:2:3'],
])('%s is of the network %s, and of the larger one %s', (address, near, far) => {
  expect([networkOf(address, { v4: 32, v6: 64 }), networkOf(address, { v4: 24, v6: 48 })]).toEqual([near, far])
})

test.each(['', 'unknown', '300.1.1.1', '[::1]'])('"%s" is of no network', (text) => {
  expect(networkOf(text, { v4: 32, v6: 64 })).toBeUndefined()
})
