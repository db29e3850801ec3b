import { describe, expect, it } from 'vitest'
import { complianceWorld } from './complianceWorld.ts'

const claims = { sub: 'alice', device_compliant: true }
const healthy = { platform: 'windows', secureBoot: true, systemDriveEncrypted: true }

/** Undoes the breaks of lines. */
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ')

const world = async () => {
  const made = await complianceWorld()
  const ask = async (posture: unknown, ...more: readonly string[]) =>
    made.run(
      'policy what-if',
      ['--claims', await made.file(claims), '--facts', await made.file({ posture })].concat(more),
    )
  return { ...made, ask }
}

describe('mayfly policy what-if, with compliance policies,', () => {
  it('prints each setting, wanted and actual, and how to mend it', async () => {
    const { ask } = await world()
    const { text, json } = await ask({ ...healthy, secureBoot: false, systemDriveEncrypted: undefined })
    expect(flat(text)).toMatch(
      / compliant by its compliance policies: no "Baseline": failed storageRequireEncryption: unknown \(wants the system drive encrypted; systemDriveEncrypted: unknown, by the posture token\) secureBootEnabled: failed \(wants secure boot on; secureBoot: no, by the posture token 0 s ago\) /,
    )
    expect(flat(text)).toMatch(
      / deny \(notSatisfied\): Turn on secure boot, and have storageRequireEncryption reported, or encrypt .*; then try again/,
    )
    expect(json).toMatchObject({
      decision: { kind: 'deny', compliance: { compliant: 'no', policies: [{ displayName: 'Baseline' }] } },
    })
  })

  it('allows a device that meets them', async () => {
    const { ask } = await world()
    expect((await ask(healthy)).json).toMatchObject({
      decision: { kind: 'allow', compliance: { compliant: 'yes' } },
    })
  })

  it('takes sources of which nothing is supposed for silent', async () => {
    const { ask } = await world()
    const { text, json } = await ask({})
    expect(json).toMatchObject({ decision: { kind: 'deny', compliance: { compliant: 'unknown' } } })
    expect(flat(text)).toContain(
      'unknown: nobody can tell which compliance policies are assigned to the device "Baseline": unknown, if it is assigned, which nobody can tell',
    )
  })

  it('supposes a platform in place of what sources say of it', async () => {
    const { ask } = await world()
    const { text } = await ask(healthy, '--platform', 'linux')
    expect(flat(text)).toContain('unknown: no compliance policy is assigned to the device')
    const { platform: _, ...others } = healthy
    expect((await ask(others, '--platform', 'windows')).json).toMatchObject({ decision: { kind: 'allow' } })
  })

  it.each<readonly [unknown, RegExp]>([
    [{ posture: { secureBoot: 'true' } }, /secureBoot of --facts is no value of it: true or false/],
    [{ posture: { tpmPresent: true } }, /no source that tells posture\.tpmPresent/],
    [{ intune: { secureBoot: true } }, /no source that tells intune\.secureBoot/],
    [{ token: { secureBoot: true } }, /what the token tells is among its claims/],
    [{ secureBoot: true }, /does not hold facts by their sources/],
    [[], /does not hold facts by their sources/],
  ])('refuses the facts %j', async (facts, why) => {
    const { run, file } = await world()
    const words = ['--claims', await file(claims), '--facts', await file(facts)]
    await expect(run('policy what-if', words)).toRefuse('usage-wrong', why)
  })

  it('refuses what no directory can say', async () => {
    const { ask } = await world()
    await expect(ask(healthy, '--directory', 'maybe')).toRefuse('usage-wrong', /yes, no or unknown/)
  })
})
