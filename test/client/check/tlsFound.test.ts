import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { judgeShown } from '../../../client/check/tlsFound.ts'
import { startTlsServer } from './tlsServer.ts'

const day = 86_400_000

/** What a server shows whose certificate is good for 60 days. */
const shown = async () => {
  const { certificate, ca } = await startTlsServer({}, (_, response) => void response.end())
  const [leaf, top] = [new X509Certificate(certificate), new X509Certificate(ca)]
  return { ca, shown: { certificate: leaf, top, fault: undefined, protocol: 'TLSv1.3' } }
}

describe('judgeShown()', () => {
  it('takes an authority that is public, at the top of the chain or right above it', async () => {
    const { ca, shown: one } = await shown()
    const judge = (roots: readonly string[], top = one.top) =>
      judgeShown({ ...one, top }, { ca: undefined, now: new Date() }, roots).status
    expect(judge([...rootCertificates.slice(0, 2), ca])).toBe('ok')
    expect(judge([ca], one.certificate)).toBe('ok')
    expect(judge([])).toBe('warning')
  })

  it('warns of an authority that this machine was told to trust, and not of one that the configuration names', async () => {
    const { ca, shown: one } = await shown()
    const now = new Date()
    expect(judgeShown(one, { ca: undefined, now })).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/no public authority, but one that was added on this machine: TLS may/),
      remedy: expect.stringMatching(/reads tokens/),
    })
    expect(judgeShown(one, { ca, now }).status).toBe('ok')
  })

  it('warns a week before a certificate ends', async () => {
    const { ca, shown: one } = await shown()
    const inDays = (days: number) => judgeShown(one, { ca, now: new Date(Date.now() + days * day) })
    expect(inDays(52).status).toBe('ok')
    expect(inDays(54)).toMatchObject({ status: 'warning', remedy: expect.stringMatching(/not renewed/) })
  })
})
