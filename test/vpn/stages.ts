import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pkcs12Of } from '../../client/credential/pkcs12Of.ts'
import { writeBundle } from '../../client/restoreFiles.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { rootsPem } from '../../lib/bundle/bundleFolder.ts'
import { openTrustBundle, type TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { createBundleWorld } from '../client/bundleWorld.ts'
import type { Members } from '../tenants.ts'
import { makeDeviceKey } from '../world.ts'

/** What a stage of an authority gives to servers and clients: files as `trust fetch` and `enroll` write them. */
export interface Stage {
  readonly folder: string
  readonly bundle: TrustBundle
  readonly pem: string
  /** A folder with one certificate a file, and the names of those. */
  readonly certificates: string
  readonly names: readonly string[]
  readonly pkcs7: string
  readonly client: {
    readonly key: string
    readonly certificate: string
    /** The leaf and what the API returned with it. */
    readonly whole: string
    readonly roots: string
    /** A PKCS#12 file, and that of its password. */
    readonly pkcs12: string
    readonly password: string
  }
}

/** How an authority gets from one stage to the next. */
export const stageNames = ['fresh', 'issuer roll-over', 'root roll-over', 'after a taint'] as const

type StageName = (typeof stageNames)[number]

/** Makes an authority now, takes it through its stages, and writes the files of each. */
export const makeStages = async (
  parent: string,
  document: Members = {},
): Promise<Readonly<Record<StageName, Stage>>> => {
  await using bench = await createBundleWorld('ES256', new Date(), document)
  const { world } = bench
  const steps: Readonly<Record<StageName, () => Promise<unknown>>> = {
    fresh: () => Promise.resolve(),
    async 'issuer roll-over'() {
      await bench.stageIssuer('root 1')
      await bench.activate('issuer 2')
      await bench.taint('issuer 1')
    },
    async 'root roll-over'() {
      await bench.stageIssuer('root 2')
      await bench.activate('root 2')
      await bench.activate('issuer 3')
      await bench.taint('issuer 2')
    },
    async 'after a taint'() {
      await bench.taint('root 1')
      await bench.stageRoot()
    },
  }
  const write = async (name: StageName): Promise<Stage> => {
    const folder = join(parent, name.replaceAll(' ', '-'))
    const anchors = bench.authority.generations
      .filter(({ kind }) => kind === 'root')
      .map(({ digest }) => digest)
    const bundle = await openTrustBundle(bench.jws, { tenant: bench.tenant, anchors })
    const files = trustFiles(folder)
    await mkdir(folder, { recursive: true })
    await writeBundle(files, bundle)
    const key = makeDeviceKey()
    const { entry, chain } = await world.enroll({ key })
    const client = {
      key: join(folder, 'key.pem'),
      certificate: join(folder, 'certificate.pem'),
      whole: join(folder, 'whole.pem'),
      roots: join(folder, 'roots.pem'),
      pkcs12: join(folder, 'credential.p12'),
      password: join(folder, 'credential.password'),
    }
    const pems = [entry.certificate, ...chain].map((der) => encodePem('CERTIFICATE', der))
    await writeFile(client.key, key.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
    await writeFile(client.certificate, pems[0] ?? '')
    await writeFile(client.whole, pems.join(''))
    await writeFile(client.roots, rootsPem(bundle))
    await writeFile(client.password, 'correct horse\n', { mode: 0o600 })
    const [certificate = '', ...issuers] = pems
    const contents = { key: await readFile(client.key, 'utf8'), certificate, chain: issuers }
    await writeFile(client.pkcs12, await pkcs12Of(contents, client.password), { mode: 0o600 })
    const all = [...bundle.roots, ...bundle.issuers, ...bundle.crossCertificates]
    const { pem, certificates } = files
    const names = all.map(({ id }) => `${id}.pem`)
    return { folder, bundle, pem, certificates, names, pkcs7: join(folder, 'trust.p7b'), client }
  }
  const made: [StageName, Stage][] = []
  for (const name of stageNames) {
    await steps[name]()
    // An instance of the service sees a change after 30 s.
    world.now = new Date(world.now.getTime() + 31_000)
    made.push([name, await write(name)])
  }
  return Object.fromEntries(made) as Record<StageName, Stage>
}
