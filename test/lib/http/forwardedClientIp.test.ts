import { describe, expect, it } from 'vitest'
import { forwardedClientIp, unknownClientIp } from '../../../lib/http/forwardedClientIp.ts'
import { requestOf } from './request.ts'

const forwarded = (value: string, others: Readonly<Record<string, string>> = {}) =>
  requestOf({ headers: { 'x-forwarded-for': value, ...others } })

describe('forwardedClientIp()', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:49152', '192.0.2.7'],
    ['[2001:db8::7]:49152', '2001:db8::7'],
    ['[2001:DB8::7]', '2001:DB8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[::ffff:192.0.2.7]:443', '192.0.2.7'],
    // What the client sent itself, in one header or in several, stands before it.
    ['10.0.0.1, 192.0.2.7:49152', '192.0.2.7'],
    ['10.0.0.1,10.0.0.2 ,\t192.0.2.7 ', '192.0.2.7'],
    ['"10.0.0.1, [2001:db8::7]:1', '2001:db8::7'],
    ['unknown, <script>, 192.0.2.7', '192.0.2.7'],
    // Nothing that is no address is taken for one, nor is the entry before it.
    ['192.0.2.7, ', undefined],
    ['192.0.2.7, unknown', undefined],
    ['192.0.2.7, _hidden', undefined],
    ['', undefined],
    ['192.0.2.7 192.0.2.8', undefined],
    ['192.0.2.7;192.0.2.8', undefined],
    ['192.0.2.7:', undefined],
    ['192.0.2.7:123456', undefined],
    ['192.0.2.256', undefined],
    ['192.0.2', undefined],
    ['192.000.002.007', undefined],
    ['3221225991', undefined],
    ['0xc0.0.2.7', undefined],
    ['[192.0.2.7]x', undefined],
    ['[2001:db8::7', undefined],
    ['2001:db8::7]', undefined],
    ['[fe80::1%eth0]:1', undefined],
    ['2001:db8:::7', undefined],
    ['for=192.0.2.7', undefined],
    ['"192.0.2.7"', undefined],
    ['host.example', undefined],
  ])('reads %j as %s', (value, address) => {
    expect(forwardedClientIp(forwarded(value))).toBe(address)
  })

  it('knows nothing without the header, nor behind Front Door, whose own address is the right-most', () => {
    expect(forwardedClientIp(requestOf())).toBeUndefined()
    expect(forwardedClientIp(requestOf({ headers: { forwarded: 'for=192.0.2.7' } }))).toBeUndefined()
    expect(forwardedClientIp(forwarded('192.0.2.7', { 'X-Azure-FDID': 'x' }))).toBeUndefined()
  })

  it('is of no use where the platform does not write the header', () => {
    expect(unknownClientIp(forwarded('192.0.2.7'))).toBeUndefined()
  })
})
