import { describe, expect, it } from 'vitest'
import { formatBundles } from '../../../cli/agent/formatBundles.ts'
import { brokenCredentials, exitCodeFor, formatCredentials } from '../../../cli/agent/formatCredentials.ts'
import type { BundleStatus } from '../../../client/agent/bundleStatus.ts'
import type { CredentialStatus } from '../../../client/agent/credentialStatus.ts'

const now = new Date('2026-03-02T10:00:00Z')
const since = '2026-03-02T09:50:00Z'
const lastError = {
  code: 'device-not-compliant',
  detail: 'It is not.',
  remedy: 'Make it so.',
  isRefusal: true,
  since,
  at: since,
} as const

const credential = (changes: Partial<CredentialStatus> = {}): CredentialStatus => ({
  folder: '/ada',
  state: 'valid',
  clockAheadSeconds: 0,
  ...changes,
})

describe('formatCredentials()', () => {
  it('tells all there is to say of one', () => {
    const whole = credential({
      serialNumber: '21ab',
      notAfter: '2026-03-02T10:59:59Z',
      nextAt: '2026-03-02T10:30:00Z',
      clockAheadSeconds: 90,
      hookError: 'ended with 3',
      lastError,
    })
    expect(formatCredentials([whole], now).split('\n')).toEqual([
      'credential     /ada',
      'state          valid',
      'serial number  21ab',
      'valid until    2026-03-02T10:59:59Z (in 59 minutes)',
      'next renewal   2026-03-02T10:30:00Z (in 30 minutes)',
      'clock          90 s behind the service when it was asked last',
      `last error     It is not. (device-not-compliant, since ${since})`,
      'what to do     Make it so.',
      'hook           failed: ended with 3',
    ])
  })

  it('tells of a clock that is ahead', () => {
    expect(formatCredentials([credential({ clockAheadSeconds: -7200 })], now)).toMatch(
      /\nclock +7200 s ahead of the service /,
    )
  })

  it('leaves out what there is not, and parts one from the next', () => {
    const text = 'credential  /ada\nstate       absent'
    const absent = credential({ state: 'absent' })
    expect(formatCredentials([absent, absent], now)).toBe(`${text}\n\n${text}`)
  })
})

describe('formatBundles()', () => {
  const bundle: BundleStatus = {
    folder: '/trust',
    tenant: 'contoso',
    state: 'not-loaded',
    sequence: 7,
    servedSequence: 6,
    issuedAt: '2026-03-02T09:00:00Z',
    nextActivation: '2026-03-03T10:00:00Z',
    confirmedAt: '2026-03-02T09:55:00Z',
    nextAt: '2026-03-02T10:05:00Z',
    hookError: { why: 'ended with 3', since, isPutBack: true },
    frozen: [{ name: 'https://mirror.example', sequence: 5, newest: 7, since }],
    lastError,
  }

  it('tells all there is to say of one', () => {
    expect(formatBundles([bundle], now).split('\n')).toEqual([
      'trust bundle     /trust',
      'tenant           contoso',
      'state            not-loaded',
      'sequence         7; servers have the files of 6',
      'issued           2026-03-02T09:00:00Z (1 hour ago)',
      'next activation  2026-03-03T10:00:00Z (in 1 day)',
      'last confirmed   2026-03-02T09:55:00Z (5 minutes ago)',
      'next look        2026-03-02T10:05:00Z (in 5 minutes)',
      `hook             failed: it ended with 3 (since ${since})`,
      `behind           https://mirror.example has bundle 5, and 7 is in force (since ${since})`,
      `last error       It is not. (device-not-compliant, since ${since})`,
      'what to do       Make it so.',
    ])
  })
})

describe('exitCodeFor()', () => {
  const ended = (isRefusal?: boolean) =>
    credential({
      state: 'ended',
      ...(isRefusal === undefined ? {} : { lastError: { ...lastError, isRefusal } }),
    })

  it.each<readonly [number, readonly CredentialStatus[]]>([
    [0, [credential(), credential({ lastError })]],
    [4, [credential(), ended(false)]],
    [3, [ended(true), ended(false)]],
    [3, [ended(), ended(false)]],
  ])('is %i by what is not valid, and whether that may pass', (code, statuses) => {
    expect(exitCodeFor(brokenCredentials(statuses))).toBe(code)
  })
})
