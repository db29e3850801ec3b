import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../lib/tenant/configuration.ts'
import { blocksIn, projectFile } from './pages.ts'
import { genericTrust, type Members, tenantDocument } from './tenants.ts'
import { withFactTable } from '../tools/withFactTable.ts'

const page = projectFile('docs/device-evidence.md')
const trust = { url: 'https://issuer.example', audience: 'urn:vpn' }

/** The document of a tenant that has what a block shows: sources, or facts that its compliance token tells. */
const documentWith = ({ facts, ...members }: Members): Members =>
  tenantDocument('contoso', [genericTrust(trust, facts ? { signals: { facts } } : {})], members)

describe('docs/device-evidence.md', () => {
  it('shows members that a tenant can have', () => {
    const blocks = blocksIn('json', page)
    expect(blocks).toHaveLength(4)
    for (const block of blocks)
      expect(() => parseConfiguration(documentWith(JSON.parse(block) as Members)), block).not.toThrow()
  })

  it('has the table of facts that the code makes ("npm run docs" makes it so)', () => {
    expect(withFactTable(page)).toBe(page)
  })
})

describe('withFactTable()', () => {
  const marks = page.match(/^<!-- facts: .*-->$/gm) ?? []

  it('has a row for every fact, and tells who tells it without a mapping', () => {
    const rows = Object.fromEntries(
      [...page.matchAll(/^\| `(\w+)` \| .* \|((?: x? ?\|){4})$/gm)].map(([, fact, told = '']) => [
        fact,
        told.split('|').map((cell) => cell.trim()),
      ]),
    )
    expect(rows['secureBoot']).toEqual(['x', '', '', '', ''])
    expect(rows['attestationKind']).toEqual(['x', 'x', '', '', ''])
    expect(rows['firewallEnabled']).toEqual(['', '', '', '', ''])
    expect(rows['osVersion']).toEqual(['', '', 'x', 'x', ''])
  })

  it('replaces what is between the marks, and tells when one is missing', () => {
    const [start = '', end = ''] = marks
    const text = withFactTable(`before\n${start}\n<<what was there>>\n${end}\nafter\n`)
    expect(text).toMatch(/^before\n<!-- facts: .*-->\n\| fact \|[^<]*\n<!-- facts: end -->\nafter\n$/)
    for (const broken of ['', start, end]) expect(() => withFactTable(broken)).toThrow(/lacks the marks/)
  })
})
