import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunOptions } from '../runCommand.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { genericTrust, type Members } from '../../tenants.ts'
import { testDocument } from '../testDocument.ts'

/** A tenant of its own whose issuer says groups, the risk of a sign-in, the country by the address, and proves mfa by `amr`. */
export const policyWorld = async (changes: Members = {}) => {
  const folder = await temporaryFolder()
  const deployment = testDeployment(folder)
  const { tenant } = testDocument()
  const trust = genericTrust(
    { url: `https://issuer.example/${tenant}`, audience: 'api://mayfly' },
    {
      signals: { groups: 'groups', signInRisk: 'risk', country: { by: 'clientIp' }, authTime: 'auth_time' },
      proofs: [{ control: 'mfa', by: 'amr', contains: ['mfa'] }],
    },
  )
  const document: Members = { ...testDocument({ tokenIssuers: [trust], ...changes }), tenant }
  let files = 0
  const file = async (content: unknown): Promise<string> => {
    const path = join(folder, `${files++}.json`)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const run = (words: string, more: readonly string[] = [], options: RunOptions = {}) =>
    runCommand([...words.split(' '), ...more, '--tenant', tenant], deployment, options)
  /** Applies a tenant document, or what `tenant show --json` printed. */
  const applyTenant = async (content: unknown, ...more: readonly string[]) =>
    runCommand(['tenant', 'apply', '-f', await file(content), '--yes', ...more], deployment)
  await applyTenant(document)
  return {
    tenant,
    document,
    applyTenant,
    file,
    run,
    /** Puts documents into force by a command, and is not asked. */
    apply: async (command: string, content: unknown, ...more: readonly string[]) =>
      run(command, ['-f', await file(content), '--yes', ...more]),
    /** Reads all that is in force. */
    shown: async () => (await run('tenant show')).json as Readonly<Record<string, unknown>>,
  }
}
