import { describe, expect, it } from 'vitest'
import { entraIssuerUrl, tokenSourceOf } from '../../../lib/tenant/tokenSource.ts'
import { entraTrust, tenantDocument, tenantOf } from '../../tenants.ts'

const audience = 'api://mayfly'

describe('tokenSourceOf()', () => {
  const directoryId = 'c2a1b0d9-0000-4000-8000-00000000aa01'

  it('names the issuer URL and the tid of an Entra directory', () => {
    const [issuer] = tenantOf(tenantDocument('contoso', [entraTrust(directoryId, { audience })]))
      .configuration.tokenIssuers
    expect(issuer && tokenSourceOf(issuer)).toEqual({
      issuer: `https://login.microsoftonline.com/${directoryId}/v2.0`,
      audience,
      tenantClaim: { claim: 'tid', value: directoryId },
    })
  })

  it('does not double the slash of a sign-in origin', () => {
    const url = `https://login.cloud.example/${directoryId}/v2.0`
    expect(entraIssuerUrl('https://login.cloud.example/', directoryId)).toBe(url)
    expect(entraIssuerUrl('https://login.cloud.example', directoryId)).toBe(url)
  })
})
