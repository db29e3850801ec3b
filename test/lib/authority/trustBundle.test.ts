import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Authority, readAuthority } from '../../../lib/authority/authority.ts'
import type { Generation, GenerationState } from '../../../lib/authority/generation.ts'
import { trustJson, trustPem } from '../../../lib/authority/trustBundle.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { parsePemCertificates } from '../../../lib/x509/pem.ts'
import { createWorld } from '../../world.ts'

let authority: Authority

beforeAll(async () => {
  await using world = await createWorld()
  const read = await readAuthority(world.tables, parseTenantId(world.tenant))
  if (!read) throw new Error('The world has no authority.')
  authority = read
})

/** The authority with further generations in these states. */
const withStates = (states: readonly GenerationState[]): Authority => {
  const more = states.flatMap((state, index) =>
    authority.generations.map((generation): Generation => ({
      ...generation,
      id: `${generation.kind}~000${index + 2}`,
      state,
    })),
  )
  return { ...authority, generations: [...authority.generations, ...more] }
}

const everyState = () => withStates(['staged', 'retiring', 'retired', 'tainted'])

describe('trustJson()', () => {
  it('tells roots and issuers with state, validity, digest and certificate', () => {
    const { tenant, roots, issuers } = trustJson(authority)
    expect(tenant).toBe(authority.tenant)
    const [root, issuer] = [roots[0], issuers[0]]
    expect(roots).toHaveLength(1)
    expect(root).toMatchObject({
      id: 'root~0001',
      state: 'active',
      notBefore: '2026-03-02T09:00:00Z',
      notAfter: '2029-03-01T09:59:59Z',
    })
    const x509 = new X509Certificate(issuer?.certificate ?? '')
    expect(issuer?.sha256).toBe(x509.fingerprint256.replaceAll(':', '').toLowerCase())
    expect(x509.checkIssued(new X509Certificate(root?.certificate ?? ''))).toBe(true)
  })

  it('holds what is staged, active or retiring, and nothing that is retired or tainted', () => {
    const { roots, issuers } = trustJson(everyState())
    for (const generations of [roots, issuers]) {
      expect(generations.map(({ state }) => state)).toEqual(['active', 'staged', 'retiring'])
    }
  })

  it('tells nothing of keys', () => {
    expect(JSON.stringify(trustJson(authority))).not.toMatch(/keyReference|local:|PRIVATE/)
  })
})

describe('trustPem()', () => {
  it('is commented PEM, roots first, that programs read', () => {
    const pem = trustPem(everyState())
    const subjects = parsePemCertificates(pem).map((der) => new X509Certificate(der).subject)
    expect(subjects.map((subject) => /CN=VPN (\w+)/.exec(subject)?.[1])).toEqual([
      'root',
      'root',
      'root',
      'issuer',
      'issuer',
      'issuer',
    ])
    expect(pem).toMatch(
      /^# root 0001, active, until 2029-03-01T09:59:59Z\n# SHA-256 [0-9a-f]{64}\n-----BEGIN CERTIFICATE-----\n/,
    )
  })

  it('comments every certificate with its own digest', () => {
    for (const { digest } of authority.generations)
      expect(trustPem(authority)).toContain(`# SHA-256 ${digest}\n`)
  })
})
