import { describe, expect, it } from 'vitest'
import { resolveNames } from '../../../client/vpnProfile/resolveNames.ts'
import { printAddress } from '../../../lib/text/ipAddress.ts'

const answers: Readonly<Record<string, readonly string[]>> = {
  'both.example': ['2001:DB8::7', '198.51.100.7', '198.51.100.7'],
  'local.example': ['127.0.0.1', '0.0.0.0', 'fe80::1', '::1', '224.0.0.1'],
  'odd.example': ['not an address', '198.51.100.8'],
}

const lookup = (host: string): Promise<readonly string[]> => {
  const found = answers[host]
  if (host === 'silent.example') return new Promise(() => {})
  return found ? Promise.resolve(found) : Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
}

describe('resolveNames()', () => {
  it('resolves side by side, each address once and in order; one that fails takes nothing from others', async () => {
    const names = ['silent.example', 'both.example', 'gone.example', 'local.example', 'odd.example']
    const { resolved, failed } = await resolveNames(names, { lookup, milliseconds: 50 })
    expect([...resolved].map(([host, all]) => [host, all.map(printAddress)])).toEqual([
      ['both.example', ['198.51.100.7', '2001:db8::7']],
      ['odd.example', ['198.51.100.8']],
    ])
    expect(failed).toEqual([
      { host: 'silent.example', why: 'no answer within 50 ms' },
      { host: 'gone.example', why: 'ENOTFOUND' },
      { host: 'local.example', why: 'no address that a route can lead to' },
    ])
  })
})
