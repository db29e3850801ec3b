import { describe, expect, it } from 'vitest'
import { checkDirectory } from '../../../cli/tenant/checkDirectory.ts'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import { genericTrust, tenantDocument } from '../../tenants.ts'

const [own, other] = ['c2a1b0d9-0000-4000-8000-00000000aa01', 'c2a1b0d9-0000-4000-8000-00000000aa02'] as const
const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const wanting = (directoryId: string) =>
  parseConfiguration(
    tenantDocument('contoso', [genericTrust(issuer)], {
      evidence: { directory: { kind: 'entra', directoryId } },
    }),
  )

describe('checkDirectory()', () => {
  it('takes the directory of the deployment, and a tenant that asks none', () => {
    expect(() => checkDirectory(wanting(own), { directoryId: own })).not.toThrow()
    expect(() => checkDirectory({ evidence: undefined }, {})).not.toThrow()
    expect(() => checkDirectory({ evidence: { anyMachine: true } }, { directoryId: own })).not.toThrow()
  })

  it('refuses another one, and any where the deployment has none', () => {
    expect(() => checkDirectory(wanting(other), { directoryId: own })).toRefuse(
      'configuration-invalid',
      new RegExp(
        `evidence\\.directory\\.directoryId: this deployment can ask its own alone, which is ${own}\\.`,
      ),
    )
    expect(() => checkDirectory(wanting(own), {})).toRefuse(
      'configuration-invalid',
      /has none that it could ask/,
    )
  })
})
