import { describe, expect, it } from 'vitest'
import { dropsOf } from '../../../../lib/drops/publish/dropsOf.ts'
import { dropsReplies } from '../../../../lib/http/dropsReplies.ts'
import type { DenyEntry } from '../../../../lib/tenant/denyEntry.ts'
import type { DenyList } from '../../../../lib/tenant/denyList.ts'
import { parseTenantId } from '../../../../lib/tenant/tenantId.ts'
import { after, alice, laptop } from '../../tenant/denials.ts'
import { requestOf } from '../../http/request.ts'
import { tester, testTime } from '../../../world.ts'

const tenant = parseTenantId('contoso')
const told = { reason: '', at: testTime, by: tester(testTime).actor, users: [] }
const entries: readonly DenyEntry[] = [
  { ...told, ...alice, until: after(1_000), number: 1 },
  { ...told, ...laptop, until: undefined, number: 2 },
]
const denyList = (): DenyList => ({ number: 2, entries, check: () => undefined })

describe('dropsOf()', () => {
  it('makes a list once for each deny list, and anew when an entry ends', () => {
    const [make, one] = [dropsOf(), denyList()]
    const first = make(tenant, one, testTime)
    expect(first.drops).toHaveLength(2)
    expect(make(tenant, one, after(999))).toBe(first)
    const second = make(tenant, one, after(1_000))
    expect(second.drops).toMatchObject([laptop])
    expect(make(tenant, one, after(1e12))).toBe(second)
    expect(make(tenant, denyList(), after(1_000))).not.toBe(second)
  })
})

describe('dropsReplies()', () => {
  it('makes the octets of a list once', () => {
    const [reply, list] = [dropsReplies(), dropsOf()(tenant, denyList(), testTime)]
    const { body } = reply(requestOf({ method: 'GET' }), list)
    expect(body).toBeInstanceOf(Uint8Array)
    expect(reply(requestOf({ method: 'GET' }), list).body).toBe(body)
    expect(reply(requestOf({ method: 'GET' }), { ...list }).body).not.toBe(body)
  })
})
