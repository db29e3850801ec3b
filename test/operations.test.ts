import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyTrustBundle } from '../lib/bundle/trustBundle.ts'
import { blocksIn, projectFile } from './pages.ts'
import { type ReadersCopy, readersCopy } from './readersCopy.ts'

/** The commands of docs/operations.md, by the heading they stand below. */
const sections = new Map(
  projectFile('docs/operations.md')
    .split(/^## /m)
    .map((section): [string, readonly string[]] => [section.split('\n')[0] ?? '', blocksIn('sh', section)])
    .filter(([, blocks]) => blocks.length > 0),
)

interface Listed {
  readonly id: string
  readonly state: string
  readonly sha256: string
  /** PEM. */
  readonly certificate: string
}

/** A trust bundle as it was exported. */
interface Exported {
  readonly sequence: number
  readonly roots: readonly Listed[]
  readonly issuers: readonly Listed[]
  readonly crossCertificates: readonly Listed[]
}

const stateOf = ({ roots, issuers }: Exported) =>
  [...roots, ...issuers].map(({ id, state }) => `${id} ${state}`)

// The commands are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the commands of docs/operations.md', () => {
  let copy: ReadersCopy

  beforeAll(async () => {
    copy = await readersCopy()
    await copy.start()
  })

  afterAll(() => copy[Symbol.asyncDispose]())

  const follow = async (heading: string): Promise<string> => {
    let stdout = ''
    for (const commands of sections.get(heading) ?? []) stdout += (await copy.shell(commands)).stdout
    return stdout
  }

  /** The bundle in force, as files in a folder. */
  const exported = async (tenant: string, folder: string) => {
    await copy.shell(`npx --no mayfly authority export --tenant ${tenant} --out ${folder}`)
    const read = (file: string) => readFile(join(copy.folder, folder, file), 'utf8')
    return { ...(JSON.parse(await read('trust.json')) as Exported), jws: await read('trust.jws') }
  }

  /** Sends the request `<name>.csr` with the token `<name>.jwt`; the answer is `<name>.pem` or a problem document. */
  const post = async (name: string): Promise<string> => {
    const { stdout } = await copy.shell(`curl -sS http://127.0.0.1:7071/v1/contoso/certificates \
      -H "Authorization: Bearer $(cat ${name}.jwt)" -H 'Content-Type: application/x-pem-file' \
      -H 'Accept: application/pem-certificate-chain' --data-binary @${name}.csr | tee ${name}.pem`)
    return stdout
  }

  const enroll = async (name: string): Promise<string> => {
    await copy.shell(`npx --no mayfly demo token > ${name}.jwt
      openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -subj / -out ${name}.csr`)
    return post(name)
  }

  const verify = (bundle: string, name: string, options = '') =>
    copy.shell(
      `openssl verify -x509_strict -purpose sslclient ${options} -CAfile ${bundle}/trust.pem ${name}.pem`,
    )

  it('stand below these headings', () => {
    expect([...sections.keys()]).toEqual([
      'Relying parties',
      'Changing a tenant',
      'Stop a user, a device or a key',
      "An issuer's key is compromised",
      "A root's key is compromised",
      'A root whose key is offline',
    ])
  })

  it('change a tenant, and take the change back', async () => {
    const told = await follow('Changing a tenant')
    expect(told).toMatch(/certificate\.lifetimeSeconds\n {4}- 3600\n {4}\+ 1800\nnothing was changed$/m)
    expect(told).toMatch(/^contoso: revision 2 is in force/m)
    expect(told).toMatch(/^ {3}reason {5}ticket 4711$/m)
    expect(told).toMatch(/^contoso: revision 3 is in force/m)
  })

  it('list relying parties, of which one reports what it installed and one is confirmed', async () => {
    const told = await follow('Relying parties')
    expect(told).toMatch(/^reported as +vpn-1$/m)
    expect(told).toMatch(/^vpn-1 +1 \(current\) .* agent$/m)
    expect(told).toMatch(/^bundle 1$/m)
    expect(told).toMatch(/^vpn-2 +1 \(current\) /m)
    const secret = await readFile(join(copy.folder, 'vpn-1.secret'), 'utf8')
    expect(told).not.toContain(secret.trim())
  })

  it('stop a user and a key, list the certificates that live on, and lift both', async () => {
    const [rehearsal = '', stop = '', lift = ''] = sections.get('Stop a user, a device or a key') ?? []
    await copy.shell(rehearsal)
    expect(await enroll('allowed')).toContain('BEGIN CERTIFICATE')
    const told = await copy.shell(stop)
    expect(told.stdout).toMatch(/^user ada@contoso\.example is stopped until .* \(in [78] hours\):$/m)
    const serial = await copy.shell('openssl x509 -in ada/certificate.pem -noout -serial')
    expect(JSON.parse(await readFile(join(copy.folder, 'stopped.json'), 'utf8'))).toMatchObject({
      kind: 'key',
      changed: true,
      liveCertificates: [
        {
          upn: 'ada@contoso.example',
          serialNumber: serial.stdout.trim().replace('serial=', '').toLowerCase(),
        },
      ],
    })
    // A service that was just started has cached nothing.
    await copy.start()
    const answer = await enroll('denied')
    expect(JSON.parse(answer)).toMatchObject({ type: 'urn:mayfly:problem:denied', status: 403 })
    expect(answer).not.toContain('train')
    const { stdout } = await copy.shell(lift)
    expect(stdout.match(/^\d {2}(deny|amend|lift) (user|key) /gm)).toEqual([
      '1  deny user ',
      '2  amend user ',
      '3  deny key ',
      '4  amend key ',
      '5  lift user ',
      '6  lift key ',
    ])
    await copy.start()
    expect(await post('denied')).toContain('BEGIN CERTIFICATE')
  })

  it('replace and distrust an issuer whose key is compromised', async () => {
    await exported('contoso', 'before')
    await enroll('old')
    await copy.shell('cp old.pem chain.pem')
    await verify('before', 'old')
    await follow("An issuer's key is compromised")
    const after = await exported('contoso', 'after')
    expect(stateOf(after)).toEqual(['root~0001 active', 'root~0002 staged', 'issuer~0002 active'])
    // A service that was just started has cached nothing.
    await copy.start()

    expect(JSON.parse(await post('old'))).toMatchObject({
      type: 'urn:mayfly:problem:token-spent',
      status: 401,
    })
    expect(await enroll('new')).toContain('BEGIN CERTIFICATE')
    const issuer = await copy.shell('openssl x509 -in new.pem -noout -issuer')
    expect(issuer.stdout).toMatch(/CN = VPN issuer 2 /)
    await verify('after', 'new')
  })

  it('end certificates of the distrusted issuer where issuers are taken from the bundle, and only there', async () => {
    // The answer to old.jwt took the place of the certificate: the chain of the client is kept in chain.pem.
    await expect(verify('after', 'chain')).rejects.toThrow('unable to get local issuer certificate')
    await verify('after', 'chain', '-untrusted chain.pem')
  })

  /** Rehearses with a tenant of its own, which something happens to before the runbook starts. */
  const rehearse = async (tenant: string, happens: () => Promise<unknown>) => {
    const [rehearsal = '', ...runbook] = (sections.get("A root's key is compromised") ?? []).map((commands) =>
      commands.replaceAll('fabrikam', tenant),
    )
    await copy.shell(rehearsal)
    const before = await exported(tenant, `${tenant}-before`)
    expect(stateOf(before)).toEqual(['root~0001 active', 'root~0002 staged', 'issuer~0001 active'])
    await happens()
    for (const commands of runbook) await copy.shell(commands)
    const after = await exported(tenant, `${tenant}-after`)
    expect(stateOf(after)).toEqual(['root~0002 active', 'root~0003 staged', 'issuer~0002 active'])
    expect(after.crossCertificates.map(({ id }) => id)).toEqual(['cross~0003-0002'])

    // A server that holds the bundle from before takes the new one: the standby root, which it knew, signed it.
    const now = new Date()
    const anchors = before.roots.map(({ sha256 }) => sha256)
    const first = await verifyTrustBundle(before.jws, { tenant, anchors, now })
    const next = await verifyTrustBundle(after.jws, { tenant, anchors, installed: first, now })
    expect(next.signedBy).toBe(before.roots.find(({ id }) => id === 'root~0002')?.sha256)
    // From then on it refuses what the compromised root signs.
    const expected = { tenant, anchors: next.roots.map(({ sha256 }) => sha256), now }
    await expect(verifyTrustBundle(before.jws, expected)).toRefuse('trust-bundle-refused')
  }

  it('leave a root whose key is compromised for the standby root', async () => {
    await rehearse('fabrikam', () => Promise.resolve())
  })

  it('leave it also when its key is gone before the first of them', async () => {
    const example = await readFile(join(copy.folder, 'docs/tenant.example.json'), 'utf8')
    const another = example.replaceAll('fabrikam', 'northwind').replaceAll('c1b2a3d4', 'c1b2a3d5')
    await writeFile(join(copy.folder, 'docs/tenant.example.json'), another)
    await rehearse('northwind', async () => {
      const { stdout } = await copy.shell('npx --no mayfly authority status --tenant northwind --json')
      const { generations } = JSON.parse(stdout) as { generations: { id: string; keyReference: string }[] }
      const name = generations.find(({ id }) => id === 'root~0001')?.keyReference.replace('local:', '')
      await rm(join(copy.folder, '.mayfly/keys', `${name}.pem`))
    })
  })

  it('put an issuer beneath a root whose key is offline', async () => {
    await follow('A root whose key is offline')
    const bundle = await exported('contoso', 'offline')
    expect(stateOf(bundle)).toEqual([
      'root~0001 active',
      'root~0002 staged',
      'root~0003 staged',
      'issuer~0002 active',
      'issuer~0003 staged',
    ])
    await copy.shell('openssl verify -x509_strict -CAfile offline.pem issuer.pem')
    // And a server of the old root knows the new one by NewWithOld.
    const cross = bundle.crossCertificates.find(({ id }) => id === 'cross~0003-0001')
    await writeFile(join(copy.folder, 'cross.pem'), cross?.certificate ?? '')
    await copy.shell('openssl verify -x509_strict -CAfile before/trust.pem -untrusted cross.pem issuer.pem')
  })
})
