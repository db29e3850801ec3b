import { entryFromRow } from '../../../lib/ledger/record/entry.ts'
import { ledgerKey } from '../../../lib/ledger/record/ledgerKey.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { enrollment, type Marks } from './canaryRequests.ts'
import { canaryTenant, type CanaryWorld } from './canaryWorld.ts'
import { type CanaryCase, inSeconds, one, rsa } from './oneRequest.ts'

const keyOfToken = ({ issuer }: CanaryWorld, marks: Marks, expiresAt: number) =>
  ledgerKey({
    tenant: canaryTenant,
    issuer: issuer.url,
    subject: marks.text('sub'),
    tokenId: marks.text('jti'),
    expiresAt,
  })

/** Requests that get a certificate, and what a token gets that bought one. */
export const issuedCases: readonly CanaryCase[] = [
  one('ok', 'a good request'),
  one('ok', 'an RSA key', () => ({ privateKey: rsa(2048) })),
  one('ok', 'PEM', () => ({
    headers: { 'content-type': 'application/x-pem-file' },
    body: (der) => encodePem('CERTIFICATE REQUEST', der),
  })),
  one('ok', 'JSON', () => ({
    headers: { 'content-type': 'application/json' },
    body: (der) => JSON.stringify({ csr: Buffer.from(der).toString('base64') }),
  })),
  {
    name: 'ok, token-replayed and token-spent: one token, sent again and again',
    async play({ marks, world, send }) {
      const claims = { exp: inSeconds(3_000) }
      const first = await enrollment(marks, world.issuer, { token: { claims } })
      await send('ok', first)
      await send('ok', first)
      const other = await enrollment(marks, world.issuer, { token: { claims } })
      await send('token-replayed', other)
      const key = keyOfToken(world, marks, claims.exp)
      const row = await world.tables.get(key.table, key)
      if (!row) throw new Error('There is no row.')
      const values = { ...row.values, renewalStart: new Date(0).toISOString() }
      await world.tables.transact(key.table, [{ kind: 'replace', row: { ...row, values }, etag: row.etag }])
      await send('token-spent', first)
    },
  },
]

/** Rows that nobody wrote: the look-up of the token is a fault then. */
export const faultCases: readonly CanaryCase[] = [
  {
    name: 'fault: a row without a certificate',
    async play({ marks, world, send }) {
      const exp = inSeconds(3_000)
      const { table, ...key } = keyOfToken(world, marks, exp)
      const values = {
        upn: marks.text('upn of the row'),
        subject: marks.text('sub'),
        tokenId: marks.text('jti'),
      }
      await world.tables.insert(table, { ...key, values })
      await send('fault', await enrollment(marks, world.issuer, { token: { claims: { exp } } }))
    },
  },
  {
    name: 'fault: a row whose signals are not JSON',
    async play({ marks, world, send }) {
      const exp = inSeconds(3_000)
      const sent = await enrollment(marks, world.issuer, { token: { claims: { exp } } })
      await send('ok', sent)
      const key = keyOfToken(world, marks, exp)
      const row = await world.tables.get(key.table, key)
      if (!row) throw new Error('There is no row.')
      const { signals } = entryFromRow(row)
      const values = { ...row.values, signals: `${marks.text('signals')}${JSON.stringify(signals)}` }
      await world.tables.transact(key.table, [{ kind: 'replace', row: { ...row, values }, etag: row.etag }])
      await send('fault', sent)
    },
  },
]
