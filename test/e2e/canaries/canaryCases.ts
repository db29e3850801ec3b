import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { adoption, adoptionCases, basic, drops, dropsCases } from './adoptionCases.ts'
import { enrollment } from './canaryRequests.ts'
import { csrCases, decisionCases } from './contentCases.ts'
import { evidenceCases } from './evidenceCases.ts'
import { faultCases, issuedCases } from './ledgerCases.ts'
import { type CanaryCase, one } from './oneRequest.ts'
import { tokenCases } from './tokenCases.ts'
import { pathCases, transportCases } from './transportCases.ts'

/** One request to a tenant whose vault fails, or that has no authority. */
const elsewhere = (
  code: RefusalCode,
  tenant: 'unborn' | 'vault-down' | 'vault-refuses' | 'vault-lies',
): CanaryCase => ({
  name: `${code}: ${tenant}`,
  async play({ marks, world, send }) {
    await send(code, await enrollment(marks, world.issuers[tenant], { tenant }))
  },
})

const vaults: readonly CanaryCase[] = [
  elsewhere('issuer-unavailable', 'unborn'),
  elsewhere('signer-unavailable', 'vault-down'),
  elsewhere('signer-unavailable', 'vault-refuses'),
  elsewhere('signer-unavailable', 'vault-lies'),
]

/** Every request but those during an outage. */
export const canaryCases: readonly CanaryCase[] = [
  ...issuedCases,
  ...tokenCases,
  ...decisionCases,
  ...evidenceCases,
  ...csrCases,
  ...transportCases,
  ...vaults,
  ...pathCases,
  ...adoptionCases,
  ...dropsCases,
  ...faultCases,
]

/** Requests while no table answers. */
export const outageCases: readonly CanaryCase[] = [
  one('tables-unavailable', 'a good request'),
  // Of a tenant whose list nobody read a moment ago: that would still serve.
  adoption(
    'tables-unavailable',
    'an adoption',
    (marks) => ({ authorization: basic(marks.text('party'), marks.text('secret tried')) }),
    'unborn',
  ),
  drops(
    'tables-unavailable',
    'by a stranger',
    (marks) => basic(marks.text('party'), marks.text('secret tried')),
    'unborn',
  ),
]
