import { describe, expect, it } from 'vitest'
import { hasIpv6Gateway, ipv6GatewayIn } from '../../../../client/vpnProfile/sources/hasIpv6Gateway.ts'

const zeros = '0'.repeat(32)

const ipv6 = (bits: string, flags: string, device = 'eth0'): string =>
  `fe800000000000000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0
${zeros} ${bits} ${zeros} 00 fd000000000000000000000000000001 00000400 00000002 00000000 ${flags} ${device.padStart(8)}
`

const heading = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
const link = 'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n'
const ipv4 = `${heading}eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n${link}`

describe('ipv6GatewayIn()', () => {
  it.each([
    ['a gateway', ipv6('00', '00000003'), ipv4, true],
    ['a gateway, and none of IPv4', ipv6('00', '00000003'), heading, true],
    ['a default route into a tunnel, which has no gateway', ipv6('00', '00000001', 'tun0'), ipv4, false],
    ['a default route that leads nowhere', ipv6('00', '00200200', 'lo'), ipv4, false],
    ['half a default route', ipv6('01', '00000003'), ipv4, false],
    ['no IPv6', undefined, ipv4, false],
    ['no network yet', ipv6('00', '00200200', 'lo'), heading + link, undefined],
  ])('tells of %s (fault 9)', (_, six, four, found) => expect(ipv6GatewayIn(six, four)).toBe(found))
})

describe('hasIpv6Gateway()', () => {
  it('asks no other platform than Linux', async () => {
    expect(await hasIpv6Gateway('win32')).toBeUndefined()
    expect([true, false, undefined]).toContain(await hasIpv6Gateway('linux'))
  })
})
