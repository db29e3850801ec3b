import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { genericTrust, tenantDocument, tenantOf } from '../../tenants.ts'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8').trim()

const now = new Date('2026-03-02T10:00:00Z')
const keys = keySets({
  fetchJson: () => Promise.resolve(JSON.parse(read('keys.json')) as unknown),
  now: () => now,
})
const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const trust = genericTrust(issuer, { jwksUri: 'https://issuer.example/keys', algorithms: ['PS256'] })
const tenant = tenantOf(tenantDocument('contoso', [trust]))

const verify = (token: string) => verifyToken(token, tenant, { keys, now })

const signatureOf = (token: string): Buffer => Buffer.from(token.split('.')[2] ?? '', 'base64url')

it('a PSS signature without its leading zero octet is refused, and with it accepted', async () => {
  const [good, short] = [read('good.jwt'), read('short.jwt')]
  expect(signatureOf(good)).toEqual(Buffer.concat([Buffer.of(0), signatureOf(short)]))
  expect(good.slice(0, good.lastIndexOf('.'))).toBe(short.slice(0, short.lastIndexOf('.')))
  expect((await verify(good)).facts.upn).toBe('alice@contoso.example')
  await expect(verify(short)).toRefuse('token-signature-invalid')
})
