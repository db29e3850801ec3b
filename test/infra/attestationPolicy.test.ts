import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { azureReadings, enclaveClaim } from '../../lib/evidence/azureReports.ts'
import { blocksIn, projectFile } from '../pages.ts'

const policy = projectFile('infra/attestation/tpm.policy')
const page = projectFile('infra/attestation/README.md')
const rules = policy
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line.includes('=>'))

const claimsRead = [...Object.values(azureReadings).map(({ claim }) => claim), enclaveClaim]
const once = (names: readonly string[]) => [...new Set(names)].toSorted()

/** All that a pattern captures. */
const captured = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name)

describe('the sample policy for Azure Attestation', () => {
  it('issues exactly the claims that are read', () => {
    expect(once(captured(policy, /=> issue\(type="(\w+)"/g))).toEqual(once(claimsRead))
  })

  it('trusts no claim that the machine made: each condition names the issuer', () => {
    const conditions = rules.flatMap((rule) => captured(rule.slice(0, rule.indexOf('=>')), /(\[[^\]]*\])/g))
    expect(conditions.length).toBeGreaterThan(10)
    for (const condition of conditions)
      expect(condition).toMatch(/issuer=="(AttestationService|AttestationPolicy)"/)
  })

  it('reads only what it was given or has added before', () => {
    const added = new Set<string>()
    for (const rule of rules) {
      for (const name of captured(rule, /\[type=="(\w+)", issuer=="AttestationPolicy"/g))
        expect(added).toContain(name)
      for (const name of captured(rule, /=> add\(type="(\w+)"/g)) added.add(name)
    }
  })

  it('has each of its claims and their facts on its page', () => {
    const facts = Object.entries(azureReadings).map(([fact, { claim }]) => ({ fact, claim }))
    for (const { fact, claim } of [...facts, { fact: 'attestationKind', claim: enclaveClaim }]) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${claim}\``))
      expect(row, claim).toContain(`\`${fact}\``)
    }
  })
})

describe.skipIf(process.platform === 'win32')('the command on its page', () => {
  it('prints BASE64URL(SHA256(UTF8(BASE64URL(UTF8(text)))))', () => {
    const [command = ''] = blocksIn('sh', page)
    const printed = execFileSync('bash', ['-euo', 'pipefail', '-c', command], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    })
    const text = Buffer.from(policy).toString('base64url')
    expect(printed).toBe(createHash('sha256').update(text).digest('base64url'))
  })
})
