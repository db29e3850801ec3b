import { describe, expect, it } from 'vitest'
import { keysByScheme, signersByScheme } from '../../../lib/keys/signersByScheme.ts'
import { localKeys } from '../../../lib/keys/localKeys.ts'
import type { KeyProvider } from '../../../lib/keys/signer.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const id = `https://contoso.vault.azure.net/keys/a/${'0'.repeat(32)}`

/** A provider that tells what it was asked. */
const asked = (log: string[]): KeyProvider => ({
  create: (name) => Promise.resolve(`https:${log.push(`create ${name}`)}`),
  holds: (reference) => reference.startsWith('https:'),
  open(reference) {
    log.push(`open ${reference}`)
    return Promise.resolve({
      algorithm: 'ES256',
      publicKey: new Uint8Array(),
      sign: () => Promise.reject(new Error('It does not sign.')),
      probe: () => Promise.reject(new Error('It does not sign.')),
    })
  },
})

describe('signersByScheme()', () => {
  it('opens each key where its reference says that it is', async () => {
    const log: string[] = []
    const local = localKeys(await temporaryFolder())
    const signers = signersByScheme({ 'local:': local, 'https:': asked(log) })
    await signers.open(id, 'ES256')
    expect(log).toEqual([`open ${id}`])
    const reference = await local.create('contoso.issuer-1', 'ES256')
    const signature = await (await signers.open(reference, 'ES256')).probe('')
    expect(signature.length).toBeGreaterThan(60)
    expect(log).toHaveLength(1)
  })

  it.each(['offline:', 'local', '', 'http://127.0.0.1/keys/a', 'constructor:', 'LOCAL:a'])(
    'refuses the reference %j, of keys that nobody has',
    async (reference) => {
      const signers = signersByScheme({ 'local:': asked([]), 'https:': asked([]) })
      await expect(signers.open(reference, 'ES256')).toRefuse(
        'signer-refused',
        /this process has no such keys/,
      )
    },
  )

  it('refuses a key of a place that is not set up', async () => {
    await expect(signersByScheme({ 'https:': asked([]) }).open('local:a', 'ES256')).toRefuse('signer-refused')
    await expect(signersByScheme({ 'local:': asked([]) }).open(id, 'ES256')).toRefuse('signer-refused')
  })
})

describe('keysByScheme()', () => {
  it('makes keys in one place and opens those of both', async () => {
    const log: string[] = []
    const local = localKeys(await temporaryFolder())
    const vault = asked(log)
    const keys = keysByScheme({ 'local:': local, 'https:': vault }, vault)
    const reference = await local.create('contoso.issuer-1', 'ES256')
    expect((await keys.open(reference)).algorithm).toBe('ES256')
    await keys.create('contoso.issuer-2', 'ES256')
    await keys.open(id)
    expect(log).toEqual(['create contoso.issuer-2', `open ${id}`])
    expect([keys.holds(id), keys.holds(reference)]).toEqual([true, false])
  })
})
