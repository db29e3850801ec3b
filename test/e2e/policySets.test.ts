import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entraTestIssuer } from '../tokens.ts'
import { entraTrust, type Members, tenantDocument } from '../tenants.ts'
import { runCommand, runStream } from '../cli/runCommand.ts'
import { runMayfly } from '../cli/runMayfly.ts'
import { demoClient } from '../../local/signAccessToken.ts'
import { makeDeviceKey } from '../world.ts'
import { openIssuerSite } from './issuerSite.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

const folder = new URL('policySets/', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))

/** Policies and named locations as Graph exports them, and the lifetimes that the tenant states. */
interface PolicySetFile {
  readonly policies: Members
  readonly locations: Members & { readonly value: readonly Members[] }
  readonly lifetimes: Members
}

/** What a request has to get: stated before it was ever sent. */
interface Answer {
  readonly set: string
  readonly who: string
  readonly claims: Members
  /** The address of this machine that it comes from. */
  readonly from?: string
  /** What the client itself says of where it comes from. */
  readonly forwarded?: string
  readonly status: number
  readonly code?: string
  readonly challenge?: string
  /** What each policy lacks, by its name. */
  readonly failed?: Readonly<Record<string, readonly (readonly string[])[]>>
  /** How long the certificate lives. */
  readonly seconds?: number
  /** What `mayfly ledger show` tells of a policy. */
  readonly told?: string
}

const answers = read('answers') as readonly Answer[]
const sets = [...new Set(answers.map(({ set }) => set))]

const proofs = [
  { control: 'domainJoinedDevice', by: 'claim', claim: 'device_joined', equals: true },
  { control: 'strength 00000000-0000-0000-0000-000000000004', by: 'acr', values: ['phr'] },
  {
    control: 'mfa',
    by: 'anyOf',
    sources: [
      { by: 'acr', values: ['mfa'] },
      { by: 'amr', contains: ['mfa'] },
    ],
  },
]

const signals = {
  groups: 'groups',
  roles: 'roles',
  country: 'ip_country',
  platform: 'platform',
  signInRisk: 'sign_in_risk',
}

let stack: LocalStack

/** Runs a command against the local host, as whoever administers it does. */
const mayfly = (...args: readonly string[]) =>
  runCommand(args, stack.deployment, { now: () => new Date(), answer: true })

const fileOf = async (name: string, content: unknown): Promise<string> => {
  const file = join(stack.folder, name)
  await writeFile(file, JSON.stringify(content))
  return file
}

const applyTenant = async (tenant: string, changes: Members, base = 0): Promise<void> => {
  const issuer = { kind: 'generic', issuer: stack.deployment.tokenIssuer?.url, audience: `urn:set:${tenant}` }
  const compliance = [{ kind: 'claim', claim: 'device_compliant', equals: true }]
  const trust = { ...issuer, clients: [demoClient], complianceProofs: compliance, proofs, signals }
  const document = tenantDocument(tenant, [trust], changes)
  const file = await fileOf(`${tenant}.json`, document)
  await mayfly('tenant', 'apply', '-f', file, '--base', String(base), '--yes')
}

/** Puts a set into force for a tenant of its own, by the commands that an administrator uses. */
const makeTenant = async (set: string): Promise<void> => {
  const { policies, locations, lifetimes } = read(set) as PolicySetFile
  const apply = async (what: string, content: unknown) =>
    mayfly(what, 'apply', '-f', await fileOf(`${set}-${what}.json`, content), '--tenant', set, '--yes')
  await applyTenant(set, {})
  if (locations.value.length > 0) await apply('location', locations)
  await apply('policy', policies)
  if (Object.keys(lifetimes).length > 0) await applyTenant(set, { lifetimes }, 2)
  await mayfly('authority', 'init', '--tenant', set)
}

beforeAll(async () => {
  stack = await startLocalStack()
  for (const set of sets) await makeTenant(set)
})

afterAll(() => stack.stop())

/** Asks for a certificate over HTTP. */
const enroll = async ({ set, claims, from = '127.0.0.1', forwarded }: Answer) => {
  const token = await stack.token({
    aud: `urn:set:${set}`,
    roles: [],
    platform: 'windows',
    sign_in_risk: 'none',
    ...claims,
  })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/pkcs10',
    ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  }
  const url = `${stack.url}/v1/${set}/certificates`
  const sent = request(url, { method: 'POST', headers, localAddress: from }).end(makeDeviceKey().csr())
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { 'www-authenticate': challenge = '' } = response.headers
  return { status: response.statusCode ?? 0, challenge, document: (await json(response)) as Members }
}

const lifeOf = ({ certificate }: Members): number => {
  const { validFromDate, validToDate } = new X509Certificate(String(certificate))
  const backdate = 300
  return (validToDate.getTime() - validFromDate.getTime()) / 1000 - backdate + 1
}

/** What an answer says, in the words of the table. */
const saidBy = (status: number, document: Members) => {
  if (status === 201) return { status }
  const policies = document['policies'] as readonly { displayName: string; missing: unknown }[]
  const failed = Object.fromEntries(policies.map(({ displayName, missing }) => [displayName, missing]))
  return { status, code: String(document['type']).replace('urn:mayfly:problem:', ''), failed }
}

describe('policies as Graph exports them', () => {
  it('are ten sets, each with answers that were stated beforehand', () => {
    const files = readdirSync(folder).map((file) => file.replace('.json', ''))
    expect(sets.toSorted()).toEqual(files.filter((file) => file !== 'answers').toSorted())
    expect(sets).toHaveLength(10)
  })

  // All of 127/8 is this machine on Linux alone.
  const possible = answers.filter(({ from }) => from === undefined || process.platform === 'linux')

  it.each(possible)('$set: $who gets $status', async (answer) => {
    const { status, code, failed, challenge = '', seconds, told } = answer
    const answered = await enroll(answer)
    const wanted = status === 201 ? { status } : { status, code, failed }
    expect(saidBy(answered.status, answered.document)).toEqual(wanted)
    expect(answered.challenge).toContain(challenge)
    if (status !== 401) expect(answered.challenge).toBe('')
    if (seconds !== undefined) expect(lifeOf(answered.document)).toBe(seconds)
    if (told === undefined) return
    const serial = String(answered.document['serialNumber'])
    expect(await runStream(['ledger', 'show', serial, '--tenant', answer.set], stack.deployment)).toContain(
      told,
    )
  })

  it('are kept where they can never apply here, and listed so', async () => {
    const { json: listed } = await mayfly('policy', 'list', '--tenant', 'blocked-locations')
    expect(JSON.stringify(listed)).toContain('it is for other client types only')
  })
})

// The token command is one of a POSIX shell.
describe.skipIf(process.platform === 'win32')('mayfly enroll', () => {
  it('answers a claims challenge: the token command prints a token with the context, and the second request is 201', async () => {
    await using site = await openIssuerSite()
    const id = crypto.randomUUID()
    const entra = await entraTestIssuer(id, { now: () => new Date() })
    const url = `${site.url}/${id}/v2.0`
    const keys = { [`${site.url}/${id}/discovery/v2.0/keys`]: { keys: entra.published } }
    site.issuers.push({ ...entra, url, documents: () => keys })
    const mfa = { control: 'mfa', by: 'authenticationContext', context: 'c2', entraPolicy: 'CA021' }
    const trust = entraTrust(id, entra, { signInOrigin: site.url, proofs: [mfa] })
    const document = tenantDocument('directory', [trust])
    await mayfly('tenant', 'apply', '-f', await fileOf('directory.json', document), '--yes')
    const both = { operator: 'AND', builtInControls: ['compliantDevice', 'mfa'] }
    const { policies } = read('break-glass') as PolicySetFile
    const [policy] = policies['value'] as readonly Members[]
    const asked = await fileOf('policy.json', { ...policy, displayName: 'Both', grantControls: both })
    await mayfly('policy', 'apply', '-f', asked, '--tenant', 'directory', '--yes')
    await mayfly('authority', 'init', '--tenant', 'directory')

    const tokenWith = (...acrs: readonly string[]) => entra.token({ claims: { iss: url, acrs } })
    await writeFile(join(stack.folder, 'plain.jwt'), await tokenWith('c1'))
    await writeFile(join(stack.folder, 'stepped-up.jwt'), await tokenWith('c1', 'c2'))
    // What a wrapper around az or MSAL does: sign in for the claims that it is asked for, and tell nothing else.
    const script = `echo asked >> asked.log
case "$(printf '%s' "$MAYFLY_CHALLENGE_CLAIMS" | base64 -d)" in
  '{"access_token":{"acrs":{"essential":true,"value":"c2"}}}') cat stepped-up.jwt ;;
  '') cat plain.jwt ;;
  *) exit 9 ;;
esac
`
    await writeFile(join(stack.folder, 'token.sh'), script)
    const args = ['enroll', '--tenant', 'directory', '--url', stack.url, '--out', 'ada', '--json']
    const ended = await runMayfly(stack.folder, [...args, '--token-command', 'sh token.sh'])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(join(stack.folder, 'asked.log'), 'utf8')).toBe('asked\nasked\n')
    const codes = stack.lines
      .filter((line) => line.includes('"tenant":"directory"'))
      .map((line) => /"status":(\d+),"code":"([^"]+)"/.exec(line)?.slice(1))
    expect(codes).toEqual([
      ['401', 'claims-challenge'],
      ['201', 'ok'],
    ])
    const { serialNumber } = JSON.parse(ended.stdout) as { serialNumber: string }
    const shown = await runStream(['ledger', 'show', serialNumber, '--tenant', 'directory'], stack.deployment)
    expect(shown).toContain('"Both": satisfied')
  })
})
