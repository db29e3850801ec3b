import { fileURLToPath } from 'node:url'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { runCommand } from '../../cli/runCommand.ts'
import { requestOf } from '../../lib/http/request.ts'
import { genericTrust, tenantDocument, tenantOf } from '../../tenants.ts'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

const now = new Date('2026-03-02T10:00:00Z')
const jwksUri = 'https://issuer.example/keys'
const keys = keySets({
  fetchJson: () => Promise.resolve(JSON.parse(read('keys.json')) as unknown),
  now: () => now,
})
const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const tenant = tenantOf(tenantDocument('contoso', [genericTrust(issuer, { jwksUri })]))

const verify = (file: string) => verifyToken(read(file).trim(), tenant, { keys, now })

describe('two members of one name are refused', () => {
  it('in a Claims Set, and the same token without them is good', async () => {
    await expect(verify('claims.jwt')).toRefuse('token-malformed', /Claims Set has two members of one name/)
    expect((await verify('good.jwt')).facts.upn).toBe('alice@contoso.example')
  })

  it('in a protected header', () =>
    expect(verify('header.jwt')).toRefuse('token-malformed', /header has two members of one name/))

  it('in the body of a request', () => {
    const headers = { authorization: 'Bearer a.b.c', 'content-type': 'application/json' }
    const request = requestOf({ headers, params: { tenant: 'contoso' }, body: read('request.json') })
    return expect(readEnrollment(request).readBody()).toRefuse('request-malformed', /two members of one name/)
  })

  it('in the document of a tenant, before anything else is looked at', () => {
    const file = fileURLToPath(new URL('tenant.json', import.meta.url))
    const deployment = () => Promise.reject(new Error('Nobody asked for it.'))
    return expect(runCommand(['tenant', 'apply', '-f', file], deployment)).toRefuse(
      'configuration-invalid',
      /tenant\.json: it has two members of one name\.$/,
    )
  })
})
