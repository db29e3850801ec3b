import { describe, expect, it } from 'vitest'
import { readFailed } from '../../client/readFailed.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { problem } from '../../lib/http/problem.ts'

const encryption = {
  policy: 'Laptops',
  setting: 'storageRequireEncryption',
  wanted: 'the system drive encrypted',
  actual: 'false (posture, 10 s ago)',
  remedy: 'encrypt the system drive',
}

/** The document that the service writes for a refusal. */
const written = (settings: readonly (typeof encryption)[]): unknown => {
  const failed = { policies: [], settings, remediation: 'Mend the device.' }
  const { body } = problem(new Refusal('device-not-compliant', 'Cannot enroll: x.', { failed }), '')
  return JSON.parse(typeof body === 'string' ? body : '')
}

describe('readFailed()', () => {
  it('reads what the service writes of settings that fail, and nothing where none does', () => {
    expect(readFailed(written([encryption]))).toEqual({
      policies: [],
      settings: [encryption],
      remediation: 'Mend the device.',
    })
    expect(readFailed(written([]))).toBeUndefined()
    expect(written([])).not.toHaveProperty('settings')
  })

  it('bounds what it reads, for a terminal: how many there are, their length and their characters', () => {
    const long = { ...encryption, remedy: `\u001b[31m${'x'.repeat(1_000)}` }
    const document = { settings: Array.from({ length: 1_000 }, () => long) }
    const { settings = [] } = readFailed(document) ?? {}
    expect(settings).toHaveLength(50)
    expect(settings[0]?.remedy).toMatch(/^ \[31mx{495}$/)
  })

  it.each([
    undefined,
    null,
    [],
    {},
    { settings: 5 },
    { settings: {} },
    { settings: ['storageRequireEncryption', null, 5, {}, { setting: 5 }, { setting: '' }] },
  ])('passes over what is no setting: %j', (document) => {
    expect(readFailed(document)).toBeUndefined()
  })

  it('takes a setting of which a newer service says less', () => {
    expect(readFailed({ settings: [{ setting: 'a' }] })?.settings).toEqual([
      { policy: '', setting: 'a', wanted: '', actual: '', remedy: '' },
    ])
  })
})
