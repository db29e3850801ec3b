import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Refusal } from '../../../lib/errors/refusal.ts'
import { keyVaultKeys } from '../../../lib/keys/keyVaultKeys.ts'
import { type Fault, type FaultyVault, faultyVault } from '../../faultyVault.ts'
import { keyProviderContract } from './contract.ts'

let vault: FaultyVault
let name: string

beforeAll(async () => {
  vault = await faultyVault()
})

afterAll(() => vault[Symbol.asyncDispose]())

beforeEach(() => {
  Object.assign(vault, { fault: undefined, outage: undefined })
  name = `t${randomUUID()}.root-1`
})

/** The creations and readings that the vault logged for the key of this test. */
const logged = (operation: string) => {
  const path = `/keys/${name.replace('.', '--')}/`
  return vault.log.filter((one) => one.isKnown && one.operation === operation && one.path.startsWith(path))
}

describe('keyVaultKeys(), by the real SDK over https', () => {
  keyProviderContract({
    make: () => Promise.resolve([vault.keys(), vault.keys()]),
    missing: (reference) => reference.replace(/[0-9a-f]{32}$/, '0'.repeat(32)),
    refusals: { missing: 'signer-refused', otherAlgorithm: 'signer-refused' },
  })
})

describe('keyVaultKeys().create()', () => {
  it('returns the versioned key id, and takes two hyphens for the dot', async () => {
    const reference = await vault.keys().create('contoso-eu.root-1', 'ES256')
    expect(reference).toMatch(new RegExp(`^${vault.url}/keys/contoso-eu--root-1/[0-9a-f]{32}$`))
  })

  it('makes keys that may sign and nothing else', async () => {
    const bodies: unknown[] = []
    vault.fault = (request, answer) => {
      if (request.url.pathname.endsWith('/create')) bodies.push(JSON.parse(request.body))
      return answer()
    }
    await vault.keys().create(name, 'ES384')
    expect(bodies).toEqual([{ kty: 'EC', crv: 'P-384', key_ops: ['sign'], attributes: {} }])
  })

  it.each([
    ['ES256', 'EC'],
    ['RS256', 'RSA'],
  ] as const)('makes a key of %s in a hardware module where it is told to', async (algorithm, kty) => {
    const types: unknown[] = []
    // The stand-in has no such module: it makes a key of the other kind, and calls it what was asked for.
    vault.fault = async (request, answer) => {
      if (request.url.pathname.endsWith('/create')) {
        const asked = JSON.parse(request.body) as { kty: string }
        types.push(asked.kty)
        Object.assign(request, { body: JSON.stringify({ ...asked, kty }) })
      }
      const { status, body } = await answer()
      const { key, ...rest } = body as { key?: object }
      return { status, body: key ? { ...rest, key: { ...key, kty: `${kty}-HSM` } } : body }
    }
    const keys = vault.keys({ hsm: true })
    const reference = await keys.create(name, algorithm)
    expect(types).toEqual([`${kty}-HSM`])
    expect((await keys.open(reference)).algorithm).toBe(algorithm)
  })

  const breaking: Fault = () => Promise.resolve(undefined)
  const breakingAfterwards: Fault = async (_, answer) => {
    await answer()
    return undefined
  }

  it('makes the key when it is run again after it failed', async () => {
    vault.fault = (request, answer) => (request.method === 'POST' ? breaking(request, answer) : answer())
    await expect(vault.keys().create(name, 'ES256')).toRefuse('signer-unavailable', /ECONNRESET/)
    vault.fault = undefined
    const made = logged('create').length
    await vault.keys().create(name, 'ES256')
    expect(logged('create')).toHaveLength(made + 1)
  })

  it('finds the key when it is run again after it failed, but the key was made', async () => {
    vault.fault = (request, answer) =>
      request.method === 'POST' ? breakingAfterwards(request, answer) : answer()
    await expect(vault.keys().create(name, 'ES256')).toRefuse('signer-unavailable', /ECONNRESET/)
    vault.fault = undefined
    const made = logged('create').length
    const reference = await vault.keys().create(name, 'ES256')
    expect(logged('create')).toHaveLength(made)
    expect(await vault.keys().create(name, 'ES256')).toBe(reference)
    await expect(vault.keys().open(reference)).resolves.toBeDefined()
  })

  it('refuses the name of a key that was deleted and can be recovered', async () => {
    const innererror = { code: 'ObjectIsDeletedButRecoverable' }
    const body = { error: { code: 'Conflict', message: 'It is deleted.', innererror } }
    vault.fault = (request, answer) =>
      request.method === 'POST' ? Promise.resolve({ status: 409, body }) : answer()
    await expect(vault.keys().create(name, 'ES256')).toRefuse(
      'signer-refused',
      /answered 409, Conflict, ObjectIsDeletedButRecoverable\.$/,
    )
  })

  it('refuses when it may not look, instead of making another version', async () => {
    vault.fault = () => Promise.resolve({ status: 403, body: { error: { code: 'Forbidden', message: '' } } })
    await expect(vault.keys().create(name, 'ES256')).toRefuse('signer-refused', /answered 403, Forbidden/)
    vault.fault = () => Promise.resolve({ status: 404, body: { error: { code: 'VaultNotFound' } } })
    await expect(vault.keys().create(name, 'ES256')).toRefuse('signer-refused', /answered 404, VaultNotFound/)
    expect(logged('create')).toEqual([])
  })

  it('refuses a key that the vault shows in the place of another', async () => {
    const other = await vault.keys().create('other.root-1', 'ES256')
    const [, , , , otherName] = other.split('/')
    vault.fault = (request, answer) => {
      const url = new URL(request.url)
      if (!url.pathname.includes(String(otherName))) url.pathname = `/keys/${otherName}`
      Object.assign(request, { url })
      return answer()
    }
    await expect(vault.keys().create(name, 'ES256')).toRefuse('signer-refused', /shows .* in its place/)
  })

  it.each([
    'http://contoso.vault.azure.net',
    'https://contoso.vault.azure.net/keys',
    'https://contoso.vault.azure.net.example',
    'https://user@contoso.vault.azure.net',
    'https://127.0.0.1:8443',
    'contoso',
  ])('refuses the vault %s', (vaultUrl) => {
    const { credential } = vault.location()
    expect(() => keyVaultKeys({ vaultUrl, credential })).toRefuse('signer-refused')
  })

  it.each(['https://contoso.vault.azure.net', 'https://contoso.managedhsm.azure.net/'])(
    'takes the vault %s',
    (vaultUrl) => {
      const { credential } = vault.location()
      expect(() => keyVaultKeys({ vaultUrl, credential })).not.toThrow()
    },
  )
})

describe('keyVaultKeys().open()', () => {
  /** Opens a key whose JSON Web Key the vault shows with these changes. */
  const openShownAs = async (changes: object): Promise<unknown> => {
    const keys = vault.keys()
    const reference = await keys.create(name, 'ES256')
    vault.fault = async (_, answer) => {
      const { status, body } = await answer()
      return { status, body: { key: { ...(body as { key: object }).key, ...changes } } }
    }
    return keys.open(reference)
  }

  const curve = (namedCurve: string) =>
    generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })

  it.each([
    ['P-521', curve('P-521')],
    ['P-256K', { ...curve('P-256'), crv: 'P-256K' }],
    ['oct', { kty: 'oct', crv: undefined }],
    ['an unknown type', { kty: 'toString', crv: undefined }],
  ])('refuses a key of %s', async (_what, jwk) => {
    await expect(openShownAs(jwk)).toRefuse('signer-refused', /neither EC P-256 or P-384 nor RSA/)
  })

  it.each([
    ['a point off its curve', { x: Buffer.alloc(32, 1).toString('base64url') }],
    ['no point', { x: undefined }],
    ['another id', { kid: `https://127.0.0.1/keys/other/${'0'.repeat(32)}` }],
    ['no id', { kid: undefined }],
  ])('refuses a key that is shown with %s', async (_what, changes) => {
    await expect(openShownAs(changes)).toRefuse('signer-unavailable')
  })

  it('reads the version that the reference names, and signs with it', async () => {
    const keys = vault.keys()
    const reference = await keys.create(name, 'ES256')
    const { publicKey } = await keys.open(reference)
    await vault.rotate(name.replace('.', '--'))
    expect((await keys.open(reference)).publicKey).toEqual(publicKey)
  })

  it.each(['local:contoso.root-1', 'offline:', ''])('refuses the reference %j', async (reference) => {
    await expect(vault.keys().open(reference)).toRefuse('signer-refused', /not of the form/)
  })

  it('tells the key and its vault, and no request id where there is none', async () => {
    const reference = `${vault.url}/keys/none/${'0'.repeat(32)}`
    const refusal = (await vault
      .keys()
      .open(reference)
      .catch((error: unknown) => error)) as Refusal
    expect(refusal.detail).toBe(
      `Cannot use the key none of ${vault.host}: its vault answered 404, KeyNotFound.`,
    )
  })
})
