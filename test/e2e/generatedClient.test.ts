import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { makeDeviceKey } from '../world.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

/** What somebody writes who generated a client, with every type that it has. */
const program = `
import { adoptions, certificates, type Problem, type TrustBundle, trustJson, trustPem } from './client.ts'

type Answered<Ask extends (...input: never[]) => unknown> = Extract<Awaited<ReturnType<Ask>>, { status: 200 }>

// What would not compile if a type were narrower, or wider.
export const nothingStaged: TrustBundle['nextActivation'] = null
export const laterType: Problem['type'] = 'urn:mayfly:problem:later'
export const octets = ({ data }: Answered<typeof trustPem>): Blob => data

const told = ({ type, detail }: Problem): string => \`\${type} \${detail}\`

export const enroll = async (baseUrl: string, token: string, csr: string): Promise<string> => {
  const headers = { authorization: \`Bearer \${token}\` }
  const answer = await certificates('contoso', { csr }, { baseUrl, headers })
  return answer.status === 200 || answer.status === 201 ? answer.data.certificate : told(answer.data)
}

export const report = async (baseUrl: string, authorization: string, sha256: string): Promise<string> => {
  const answer = await adoptions('contoso', { sha256 }, { baseUrl, headers: { authorization } })
  return answer.status === 200 ? \`holds \${answer.data.sequence.toFixed()}\` : told(answer.data)
}

export const nextActivation = async (baseUrl: string): Promise<string | null | undefined> => {
  const answer = await trustJson('contoso', {}, { baseUrl })
  return answer.status === 200 ? answer.data.nextActivation : undefined
}
`

interface Client {
  readonly enroll: (url: string, token: string, csr: string) => Promise<string>
  readonly report: (url: string, authorization: string, sha256: string) => Promise<string>
  readonly nextActivation: (url: string) => Promise<string | null | undefined>
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const run = (script: string, args: readonly string[], cwd: string): string =>
  execFileSync(process.execPath, [join(repository, 'node_modules', script), ...args], { cwd }).toString()

let stack: LocalStack
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-client-'))
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  await writeFile(join(folder, 'program.ts'), program)
  stack = await startLocalStack()
})

afterAll(async () => {
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('a client that oazapfts generates from docs/openapi.json', () => {
  let client: Client

  it('compiles, as does a program that uses it', async () => {
    run('oazapfts/dist/cli.js', [join(repository, 'docs/openapi.json'), 'client.ts'], folder)
    const strict = ['--strict', '--noEmit', '--allowImportingTsExtensions', '--types', 'node']
    const target = ['--target', 'es2024', '--lib', 'es2024,dom', '--module', 'nodenext']
    expect(run('typescript/bin/tsc', [...strict, ...target, '--skipLibCheck', 'program.ts'], folder)).toBe('')
    client = (await import(pathToFileURL(join(folder, 'program.ts')).href)) as Client
  })

  it('enrolls, and reads why it is refused', async () => {
    const csr = encodePem('CERTIFICATE REQUEST', makeDeviceKey().csr())
    expect(await client.enroll(stack.url, await stack.token(), csr)).toMatch(/^-----BEGIN CERTIFICATE-----\n/)
    expect(await client.enroll(stack.url, 'x.y.z', csr)).toMatch(/^urn:mayfly:problem:token-malformed Cannot/)
  })

  it('reports what was installed, and reads the trust bundle', async () => {
    expect(await client.report(stack.url, 'Basic eDp5', '0'.repeat(64))).toMatch(
      /^urn:mayfly:problem:relying-party-refused Cannot/,
    )
    expect(await client.nextActivation(stack.url)).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/)
  })
})
