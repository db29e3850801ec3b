import { describe, expect, it } from 'vitest'
import { type AgentState, noState } from '../../../client/agent/agentState.ts'
import { statusOf } from '../../../client/agent/credentialStatus.ts'
import { makeKey } from '../testAuthority.ts'

const now = new Date('2026-03-02T10:00:00Z')
const [sooner, later] = ['2026-03-02T10:20:00.000Z', '2026-03-02T10:25:00.000Z']
const lastError = {
  code: 'fault',
  detail: '',
  remedy: '',
  isRefusal: false,
  since: sooner,
  at: sooner,
} as const

const held = {
  certificate: '',
  key: { publicKey: makeKey() },
  serialNumber: '21ab',
  notBefore: now,
  notAfter: new Date('2026-03-02T11:00:00Z'),
}

/** A machine that was started so many hours ago. */
const machine = (time: Date, hours = 2) => ({
  now: () => time,
  startedAt: () => new Date(time.getTime() - 3_600_000 * hours),
})

describe('statusOf()', () => {
  const nextAt = (state: Partial<AgentState>) =>
    statusOf({ folder: '/ada', held, state: { ...noState, serialNumber: '21ab', ...state } }, machine(now))
      .nextAt

  it('tells the next renewal, and after a failure the next attempt where that is later', () => {
    expect(nextAt({ renewAt: sooner, retryAt: later })).toBe(sooner)
    expect(nextAt({ renewAt: sooner, retryAt: later, lastError })).toBe(later)
    expect(nextAt({ renewAt: later, retryAt: sooner, lastError })).toBe(later)
  })

  it('tells no renewal that was chosen for another certificate', () => {
    expect(nextAt({ renewAt: sooner, serialNumber: '22' })).toBeUndefined()
  })

  it('tells a certificate of another tenant or service than is wanted, where it is known whose it is', () => {
    const of = (origin: object, wanted: object) => {
      const known = { ...noState, serialNumber: '21ab', renewAt: later, ...origin }
      const {
        state,
        whyAnother,
        nextAt: at,
      } = statusOf({ folder: '/ada', held, state: known, wanted }, machine(now))
      return [state, whyAnother, at]
    }
    const [contoso, service] = [{ tenant: 'contoso' }, { url: 'https://a.example' }]
    const other = (what: string) => ['foreign', `the configuration names another ${what}`, undefined]
    expect(of(contoso, { tenant: 'fabrikam' })).toEqual(other('tenant'))
    expect(of(service, { url: 'https://b.example/' })).toEqual(other('service'))
    for (const [origin, wanted] of [
      [contoso, contoso],
      [service, { url: 'https://a.example/' }],
      [{}, contoso],
      [contoso, {}],
    ] as const)
      expect(of(origin, wanted)).toEqual(['valid', undefined, later])
  })

  it.each([
    ['was set right', -7200, '10:30', 'valid', 4],
    ['was set right, beyond the end', -7200, '11:30', 'ended', 4],
    ['is ahead still', -7200, '12:30', 'valid'],
    ['is ahead still, beyond the end', -7200, '13:30', 'ended'],
    ['was set back too far', -7200, '09:30', 'not-begun'],
    ['is behind still', 7200, '08:30', 'valid'],
  ])(
    'tells whether a certificate is good where the clock %s',
    (_, clockAheadSeconds, time, state, sinceHours = 2) => {
      const at = new Date(`2026-03-02T${time}:00Z`)
      const known = {
        ...noState,
        serialNumber: '21ab',
        clockAheadSeconds,
        machineStartedAt: machine(at, sinceHours).startedAt().toISOString(),
      }
      expect(statusOf({ folder: '/ada', held, state: known }, machine(at)).state).toBe(state)
    },
  )
})
