import { ledgerKey } from '../../../lib/ledger/record/ledgerKey.ts'
import type { NewRow, StoredRow } from '../../../lib/store/tables.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { enrollment, type Marks } from './canaryRequests.ts'
import { canaryTenant, type CanaryWorld } from './canaryWorld.ts'
import { type CanaryCase, inSeconds, one, rsa } from './oneRequest.ts'

const keyOfToken = (
  { issuer }: CanaryWorld,
  marks: Marks,
  { exp, jti = marks.text('jti') }: { readonly exp: number; readonly jti?: string },
) =>
  ledgerKey({
    tenant: canaryTenant,
    issuer: issuer.url,
    subject: marks.text('sub'),
    tokenId: jti,
    expiresAt: exp,
  })

/** Gives a token that was never sent the row of one that bought a certificate, with other values. */
const copyRow = async (
  { world, marks, exp, jti }: { world: CanaryWorld; marks: Marks; exp: number; jti: string },
  changed: (values: StoredRow['values']) => NewRow['values'],
): Promise<void> => {
  const { table, ...key } = keyOfToken(world, marks, { exp })
  const row = await world.tables.get(table, key)
  if (!row) throw new Error('There is no row.')
  const { row: other } = keyOfToken(world, marks, { exp, jti })
  await world.tables.insert(table, { ...key, row: other, values: { ...row.values, ...changed(row.values) } })
}

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
      const exp = inSeconds(3_000)
      const privateKey = rsa(2048)
      const first = await enrollment(marks, world.issuer, { token: { claims: { exp } }, privateKey })
      await send('ok', first)
      await send('ok', first)
      const other = await enrollment(marks, world.issuer, { token: { claims: { exp } } })
      await send('token-replayed', other)
      const jti = marks.text('jti of a spent token')
      await copyRow({ world, marks, exp, jti }, () => ({ renewalStart: new Date(0).toISOString() }))
      const spent = { token: { claims: { exp, jti } }, privateKey }
      await send('token-spent', await enrollment(marks, world.issuer, spent))
    },
  },
]

/** Rows that nobody wrote: whoever meets one is told of a fault. */
export const faultCases: readonly CanaryCase[] = [
  {
    name: 'fault: a row without a certificate',
    async play({ marks, world, send }) {
      const exp = inSeconds(3_000)
      const { table, ...key } = keyOfToken(world, marks, { exp })
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
      await send('ok', await enrollment(marks, world.issuer, { token: { claims: { exp } } }))
      const jti = marks.text('jti of another token')
      await copyRow({ world, marks, exp, jti }, ({ signals }) => ({
        signals: `${marks.text('signals')}${String(signals)}`,
      }))
      await send('fault', await enrollment(marks, world.issuer, { token: { claims: { exp, jti } } }))
    },
  },
]
