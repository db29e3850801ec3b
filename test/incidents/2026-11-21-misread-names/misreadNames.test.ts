import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { genericTrust, tenantDocument, tenantOf } from '../../tenants.ts'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

const now = new Date('2026-03-02T10:00:00Z')
const keys = keySets({
  fetchJson: () => Promise.resolve(JSON.parse(read('keys.json')) as unknown),
  now: () => now,
})
const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const jwksUri = 'https://issuer.example/keys'
const tenant = tenantOf(tenantDocument('contoso', [genericTrust(issuer, { jwksUri })]))

const verify = (file: string) => verifyToken(read(file).trim(), tenant, { keys, now })

it('a token is read as it is, whatever anybody sent before', async () => {
  await expect(verify('poison.jwt')).toRefuse('token-signature-invalid')
  expect((await verify('bound.jwt')).facts.keyThumbprint).toBe('A'.repeat(43))
  await expect(verify('poison.jwt')).toRefuse('token-signature-invalid')
  await expect(verify('twice.jwt')).toRefuse('token-malformed', /two members of one name/)
})
