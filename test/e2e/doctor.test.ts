import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/commandLine/exitCodes.ts'
import { relyingPartiesTable } from '../../lib/authority/adopt/parties.ts'
import { readAuthority } from '../../lib/authority/authority.ts'
import { findGeneration } from '../../lib/authority/change/plan.ts'
import { openTables } from '../../lib/store/openTables.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { expectFindings, findingsOf } from '../cli/doctor/expectFindings.ts'
import { runCommand } from '../cli/runCommand.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

let stack: LocalStack
beforeAll(async () => {
  stack = await startLocalStack()
})
afterAll(() => stack.stop())

const run = (words: string, ...more: readonly string[]) =>
  runCommand([...words.split(' '), ...more], stack.deployment, { now: () => new Date() })

describe('mayfly doctor against a real service', () => {
  it('finds that a client is well, and leaves its token unspent', async () => {
    const folder = await temporaryFolder()
    const [token, out] = [join(folder, 'ada.jwt'), join(folder, 'ada')]
    const asAda = ['--url', stack.url, '--tenant', 'contoso', '--token-file', token, '--out', out]
    await writeFile(token, await stack.token())
    await run('enroll', ...asAda)
    await writeFile(token, await stack.token())
    const outcome = await run('doctor --client', ...asAda)
    expect(findingsOf(outcome).filter(({ status }) => status !== 'ok')).toEqual([])
    expect(outcome.exitCode).toBe(exitCodes.ok)
    expect(await run('enroll', ...asAda)).toMatchObject({ json: { serialNumber: expect.any(String) } })
  })

  it('names a tenant that the service does not know', async () => {
    const folder = await temporaryFolder()
    const words = ['--url', stack.url, '--tenant', 'nobody', '--token-command', 'exit 1', '--out', folder]
    const outcome = await run('doctor --client', ...words)
    const unknown = { detail: /no tenant nobody/, remedy: /^Correct the tenant/ }
    expectFindings(findingsOf(outcome), { 'network-service problem': unknown }, { more: true })
    expect(outcome.exitCode).toBe(exitCodes.refused)
  })

  it('finds that a server is well, and records nothing; tells of a secret that is refused', async () => {
    const folder = await temporaryFolder()
    const [out, secret, hook] = [join(folder, 'trust'), join(folder, 'secret'), join(folder, 'reload')]
    const { connectionString } = stack.deployment.tables
    const tables = openTables({ kind: 'connectionString', connectionString })
    const authority = await readAuthority(tables, parseTenantId('contoso'))
    const root = authority && findGeneration(authority, 'root 1')
    await run('relying-party add --tenant contoso --name vpn --secret-out', secret)
    await writeFile(hook, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    const party = ['--relying-party', 'vpn', '--secret-file', secret, '--on-trust-change', hook]
    const fetched = ['--tenant', 'contoso', '--out', out, '--service', stack.url]
    await run('trust fetch', ...fetched, '--report-to', stack.url, '--anchor', root?.digest ?? '', ...party)
    const before = await tables.list(relyingPartiesTable, 'contoso')
    const own = ['--url', stack.url, '--tenant', 'contoso', '--out', out, ...party]
    const outcome = await run('doctor --server', ...own)
    const findings = findingsOf(outcome)
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expectFindings(findings, { 'relying-party ok': /takes vpn by its secret; bundle 1 was reported/ })
    expect(await tables.list(relyingPartiesTable, 'contoso')).toEqual(before)
    await writeFile(secret, 'another')
    const refused = await run('doctor --server', ...own)
    expectFindings(findingsOf(refused), { 'relying-party problem': /does not take vpn/ })
    expect(refused.exitCode).toBe(exitCodes.refused)
  })
})
