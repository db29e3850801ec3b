import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LocalDeployment } from '../../../lib/deployment/deployment.ts'
import { readExplanation } from '../../../lib/ledger/audit/explanation.ts'
import type { VaultResponse } from '../../../local/serveVault.ts'
import { testTables } from '../../azurite.ts'
import { type Fault, type FaultyVault, faultyVault, vaultToken } from '../../faultyVault.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import type { ToldFinding } from './doctorWorld.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

let vault: FaultyVault

beforeAll(async () => {
  await testTables()
  vault = await faultyVault()
})

afterEach(() => {
  vault.fault = undefined
  vault.outage = undefined
})

afterAll(() => vault[Symbol.asyncDispose]())

/** A tenant with keys in the vault, and how to examine it. */
const withTenant = async () => {
  const folder = await temporaryFolder()
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, vault.location().ca ?? '')
  const standIn = { caFile, token: vaultToken }
  const keys = { vault: { rootUrl: vault.url, issuerUrl: vault.url, standIn } }
  const deployment: LocalDeployment = testDeployment(folder, { keys })
  const document = testDocument()
  const { tenant } = document
  const file = join(folder, 'tenant.json')
  await writeFile(file, JSON.stringify(document))
  const now = () => new Date()
  await runCommand(['tenant', 'apply', '-f', file], deployment, { now })
  await runCommand(['authority', 'init', '--tenant', tenant], deployment, { now })
  const notices: string[] = []
  return {
    tenant,
    notices,
    caFile,
    diagnose: async (...more: readonly string[]) => {
      const args = ['doctor', '--tenant', tenant, ...more]
      const { json, text } = await runCommand(args, deployment, { now, notices })
      const { findings } = json as { readonly findings: readonly ToldFinding[] }
      return { text, of: (id: string) => findings.filter((finding) => finding.id === id) }
    },
  }
}

const statusesOf = (findings: readonly ToldFinding[]) => findings.map(({ status }) => status)

/** Changes what the vault tells of a key that is read. */
const telling =
  (attributes: object, key: object = {}): Fault =>
  async ({ method }, answer) => {
    const response = await answer()
    if (method !== 'GET' || response.status !== 200) return response
    const body = response.body as { readonly key: object; readonly attributes: object }
    const told = { key: { ...body.key, ...key }, attributes: { ...body.attributes, ...attributes } }
    return { ...response, body: told } satisfies VaultResponse
  }

const signatures = () => vault.log.filter(({ operation }) => operation === 'sign').length

describe('mayfly doctor with keys in a vault', () => {
  it('reads each key and asks none for a signature, which its log would show', async () => {
    const { diagnose, notices } = await withTenant()
    const before = signatures()
    const { of } = await diagnose()
    expect(statusesOf(of('key-usable'))).toEqual(['ok', 'ok', 'ok'])
    expect(statusesOf(of('key-attributes'))).toEqual(['ok', 'ok', 'ok'])
    expect(of('key-usable')[0]?.detail).toMatch(/--sign asks it for a signature$/)
    expect(statusesOf(of('anonymous-vault'))).toEqual(['ok'])
    expect(statusesOf(of('clock-vault'))).toEqual(['ok'])
    expect(signatures()).toBe(before)
    expect(notices).toEqual([])
  })

  it('asks them with --sign, and tells of each signature what explains it to an auditor', async () => {
    const { diagnose, notices, tenant } = await withTenant()
    const before = vault.log.length
    const { of } = await diagnose('--sign')
    expect(of('key-usable').map(({ detail }) => detail)).toEqual(
      Array.from({ length: 3 }, () => 'it signs, and the signature verifies with the certificate'),
    )
    const signed = vault.log.slice(before).filter(({ operation, isKnown }) => operation === 'sign' && isKnown)
    // As standard error has them with --json, which mayfly ledger reconcile takes as --app-log.
    const explained = notices.map((notice) => readExplanation({ notice })?.ids)
    expect(new Set(explained)).toEqual(new Set(signed.map(({ requestId, id }) => [requestId, id])))
    expect(explained).toHaveLength(3)
    expect(notices.join('')).toContain(`"tenant":"${tenant}"`)
  })

  it('finds a key that is disabled, one that can be exported, and one that may do more than sign', async () => {
    const { diagnose } = await withTenant()
    vault.fault = telling({ enabled: false, exportable: true }, { key_ops: ['sign', 'unwrapKey'] })
    const [found] = (await diagnose()).of('key-attributes')
    expect(found).toMatchObject({
      status: 'problem',
      detail:
        'it is disabled: nothing can be signed; it can be exported from its vault; it may unwrapKey beside sign',
      remedy: expect.stringMatching(/^Enable the key in its vault\. Stage another root or issuer/),
    })
  })

  it('finds that the administrator may not use a key, and says whose permission that is', async () => {
    const { diagnose } = await withTenant()
    vault.fault = () =>
      Promise.resolve({ status: 403, body: { error: { code: 'Forbidden', message: 'no permission' } } })
    const [found] = (await diagnose()).of('key-usable')
    expect(found).toMatchObject({
      status: 'problem',
      detail: expect.stringMatching(/its vault answered 403, Forbidden\.$/),
      remedy: expect.stringMatching(/It is your own sign-in that was refused, not that of the app/),
    })
  })

  it("tells that the file of the vault's authority is gone, and still tells of all else", async () => {
    const { diagnose, caFile } = await withTenant()
    await rm(caFile)
    const { of } = await diagnose()
    expect(of('anonymous-vault')).toMatchObject([
      { status: 'problem', detail: expect.stringMatching(/ca\.pem: ENOENT/) },
    ])
    expect(statusesOf(of('clock-vault'))).toEqual(['not checked'])
    expect(statusesOf(of('bundle-signature'))).toEqual(['ok'])
  })

  it('finds a vault that answers anybody, and one whose clock is wrong', async () => {
    const { diagnose } = await withTenant()
    const date = new Date(Date.now() - 20 * 60_000).toUTCString()
    vault.outage = async (request, answer) =>
      request.url.pathname === '/keys' ? { status: 200, headers: { date }, body: { value: [] } } : answer()
    const { of, text } = await diagnose()
    expect(of('anonymous-vault')).toMatchObject([
      { status: 'problem', detail: 'a request without a credential is answered 200' },
    ])
    expect(of('clock-vault')).toMatchObject([
      {
        status: 'problem',
        detail: expect.stringMatching(/^1(199|20[01]) s behind the clock of this machine$/),
      },
    ])
    expect(text).not.toContain(vaultToken)
  })
})
