import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readExplanation } from '../../../lib/ledger/audit/explanation.ts'
import type { VaultResponse } from '../../../local/serveVault.ts'
import { testTables } from '../../azurite.ts'
import { type Fault, type FaultyVault, faultyVault, vaultToken } from '../../faultyVault.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'
import { type ExpectedFindings, expectFindings, findingsOf } from './expectFindings.ts'

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
  const deployment = testDeployment(folder, { keys })
  const document = testDocument()
  const { tenant } = document
  const file = join(folder, 'tenant.json')
  await writeFile(file, JSON.stringify(document))
  const notices: string[] = []
  const run = (...args: readonly string[]) => runCommand(args, deployment, { now: () => new Date(), notices })
  await run('tenant', 'apply', '-f', file)
  await run('authority', 'init', '--tenant', tenant)
  return {
    tenant,
    notices,
    caFile,
    /** The service and the token issuer are not there: there is more trouble than is expected. */
    finds: async (expected: ExpectedFindings, ...more: readonly string[]) => {
      const outcome = await run('doctor', '--tenant', tenant, ...more)
      expectFindings(findingsOf(outcome), expected, { more: true })
      return outcome
    },
  }
}

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
    const { finds, notices } = await withTenant()
    const before = signatures()
    const read = /--sign asks it for a signature$/
    await finds({
      'key-usable ok': [read, read, read],
      'key-attributes ok': [{}, {}, {}],
      'anonymous-vault ok': {},
      'clock-vault ok': {},
    })
    expect(signatures()).toBe(before)
    expect(notices).toEqual([])
  })

  it('asks them with --sign, and tells of each signature what explains it to an auditor', async () => {
    const { finds, notices, tenant } = await withTenant()
    const before = vault.log.length
    const signed = 'it signs, and the signature verifies with the certificate'
    await finds({ 'key-usable ok': [signed, signed, signed] }, '--sign')
    const logged = vault.log.slice(before).filter(({ operation, isKnown }) => operation === 'sign' && isKnown)
    // As standard error has them with --json, which mayfly ledger reconcile takes as --app-log.
    const explained = notices.map((notice) => readExplanation({ notice })?.ids)
    expect(new Set(explained)).toEqual(new Set(logged.map(({ requestId, id }) => [requestId, id])))
    expect(explained).toHaveLength(3)
    expect(notices.join('')).toContain(`"tenant":"${tenant}"`)
  })

  it('finds a key that is disabled, one that can be exported, and one that may do more than sign', async () => {
    const { finds } = await withTenant()
    vault.fault = telling({ enabled: false, exportable: true }, { key_ops: ['sign', 'unwrapKey'] })
    const bad = {
      detail:
        'it is disabled: nothing can be signed; it can be exported from its vault; it may unwrapKey beside sign',
      remedy: /^Enable the key in its vault\. Stage another root or issuer/,
    }
    await finds({ 'key-attributes problem': [bad, bad, bad] })
  })

  it('finds that the administrator may not use a key, and says whose permission that is', async () => {
    const { finds } = await withTenant()
    vault.fault = () =>
      Promise.resolve({ status: 403, body: { error: { code: 'Forbidden', message: 'no permission' } } })
    const refused = {
      detail: /its vault answered 403, Forbidden\.$/,
      remedy: /It is your own sign-in that was refused, not that of the app/,
    }
    await finds({ 'key-usable problem': [refused, refused, refused] })
  })

  it("tells that the file of the vault's authority is gone, and still tells of all else", async () => {
    const { finds, caFile } = await withTenant()
    await rm(caFile)
    await finds({
      'anonymous-vault problem': /ca\.pem: ENOENT/,
      'clock-vault not checked': {},
      'bundle-signature ok': {},
    })
  })

  it('finds a vault that answers anybody, and one whose clock is wrong', async () => {
    const { finds } = await withTenant()
    const date = new Date(Date.now() - 20 * 60_000).toUTCString()
    vault.outage = async (request, answer) =>
      request.url.pathname === '/keys' ? { status: 200, headers: { date }, body: { value: [] } } : answer()
    const { text } = await finds({
      'anonymous-vault problem': 'a request without a credential is answered 200',
      'clock-vault problem': /^1(199|20[01]) s behind the clock of this machine$/,
    })
    expect(text).not.toContain(vaultToken)
  })
})
