import { beforeEach, describe, expect, it } from 'vitest'
import {
  ada,
  type Bench,
  bob,
  type Credential,
  ended,
  enroll,
  eve,
  guardOnce,
  keyOf,
  makeServer,
  openBench,
  taint,
} from './guardBench.ts'
import { has, isRoot, type Machine } from './machine.ts'
import type { Running } from './program.ts'

let bench: Bench
beforeEach(async () => {
  if (isRoot) bench = await openBench()
})

describe('mayfly agent guard', () => {
  const dialOpenVpn = (machine: Machine, { key, certificate }: Credential): Running =>
    machine.start('openvpn', [
      ...'--client --dev null --nobind --ifconfig-noexec --route-noexec --remote 127.0.0.1 1194'.split(' '),
      '--ca',
      bench.identity.caFile,
      '--cert',
      certificate,
      '--key',
      key,
    ])

  it.skipIf(!has('openvpn'))('ends sessions of OpenVPN', async () => {
    const machine = await makeServer(['openvpn'], bench)
    await machine.shell('mkdir -p -m 700 /run/openvpn-server /run/openvpn-mayfly')
    const config = 'cd /etc/openvpn/server && exec openvpn --config mayfly.conf'
    const server = machine.start('sh', ['-c', config])
    await server.says(/Initialization Sequence Completed/)
    const [own, his, hers] = await Promise.all([ada, bob, eve].map((upn) => enroll(bench, upn)))
    const [adas, bobs] = [own, his].map((one) => one && dialOpenVpn(machine, one))
    await adas?.says(/Initialization Sequence Completed/)
    await bobs?.says(/Initialization Sequence Completed/)
    const before = await guardOnce(machine)
    expect(before.servers).toMatchObject([{ sessions: 2 }])
    expect(ended(before)).toEqual([])

    bench.stop('user', bob)
    bench.stop('key', keyOf(hers))
    expect(ended(await guardOnce(machine))).toEqual([[bob, 'dropped']])
    await bobs?.says(/Halt command was pushed by server/)
    // Who comes back is not let in, nor who comes first.
    for (const one of [his, hers]) if (one) dialOpenVpn(machine, one)
    await server.says(/(--tls-verify script\): external program exited with error status: 1[^]*){2}/)
    expect(adas?.said()).not.toMatch(/pushed by server/)
    await taint(bench, machine)
    // OpenVPN lists bob for five seconds more.
    expect(ended(await guardOnce(machine))).toContainEqual([ada, 'issuer-left'])
    await adas?.says(/Connection reset command was pushed by server/)
  })

  it.skipIf(!has('ocserv', 'occtl', 'openconnect'))('ends sessions of ocserv', async () => {
    const machine = await makeServer(['ocserv'], bench)
    const server = machine.start('ocserv', ['-f', '-c', '/etc/ocserv/ocserv.conf'])
    await machine.shell('for _ in $(seq 300); do [ -S /run/occtl.socket ] && break; sleep 0.1; done')
    expect((await guardOnce(machine)).servers).toMatchObject([{ sessions: 0 }])
    const dial = async ({ key, whole }: Credential, index: number) => {
      const own = ['-c', whole, '-k', key, '--cafile', bench.identity.caFile, '--interface', `tun${index}`]
      const client = machine.start('openconnect', [
        ...own,
        '--resolve',
        'vpn.example.com:127.0.0.1',
        '--script',
        '/bin/true',
        '--non-inter',
        'https://vpn.example.com',
      ])
      await client.says(/Connected as|Configured as|was rejected by server/)
      return client
    }
    const [own, his] = await Promise.all([ada, bob].map((upn) => enroll(bench, upn)))
    if (!own || !his) throw new Error('Not all enrolled.')
    const [adas, bobs] = await Promise.all([own, his].map(dial))
    const before = await guardOnce(machine)
    expect(before.servers, server.said()).toMatchObject([{ sessions: 2 }])
    expect(ended(before)).toEqual([])
    bench.stop('user', bob)
    expect(ended(await guardOnce(machine))).toEqual([[bob, 'dropped']])
    await bobs?.says(/terminated by server|disconnect/i)
    // Who comes back is not let in.
    const again = await dial(his, 2)
    expect(again.said()).toMatch(/Cookie was rejected by server/)
    expect((await guardOnce(machine)).servers).toMatchObject([{ sessions: 1 }])
    expect(adas?.said()).not.toMatch(/terminated/)
  })
})
