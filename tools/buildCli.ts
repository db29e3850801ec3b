import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledPackages, sbom, thirdPartyLicenses, wholePackages } from './bundledPackages.ts'
import { cliBundle } from './cliBundle.ts'
import { innerPackages, makeExecutable, targetsHere } from './makeExecutable.ts'

/** Where the program goes: not where the function app does, whose build removes what it finds there. */
const out = 'dist-cli'

const root = process.cwd()
const project = JSON.parse(await readFile('package.json', 'utf8')) as {
  readonly version: string
  readonly license: string
}

const sha256 = (octets: string | Uint8Array): string => createHash('sha256').update(octets).digest('hex')
const made = new Map<string, Uint8Array>()

const add = async (name: string, octets: string | Uint8Array): Promise<void> => {
  await writeFile(join(out, name), octets)
  made.set(name, Buffer.from(octets))
}

await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })
const script = await cliBundle(root, 'esm')
await add('mayfly.mjs', script.contents)
await chmod(join(out, 'mayfly.mjs'), 0o755)

const work = await mkdtemp(join(tmpdir(), 'mayfly-cli-'))
try {
  await writeFile(join(work, 'mayfly.cjs'), (await cliBundle(root, 'cjs')).contents)
  for (const target of targetsHere()) {
    const file = await makeExecutable({ root, work, out }, target)
    made.set(file.slice(out.length + 1), await readFile(file))
  }
} finally {
  await rm(work, { recursive: true, force: true })
}

const { packages: bundled, imports } = await bundledPackages(
  root,
  script.metafile,
  Object.values(script.parts),
)
const inside = await wholePackages('tools/executables', innerPackages())
const packages = { packages: [...bundled, ...inside], imports }
const subject = { name: 'mayfly-cli', ...project, sha256: sha256(script.contents) }
await add('mayfly-cli.cdx.json', sbom(subject, packages))
await add('THIRD-PARTY-LICENSES.txt', await thirdPartyLicenses(root, packages))
const sums = [...made].map(([name, octets]) => `${sha256(octets)}  ${name}\n`)
await writeFile(join(out, 'mayfly-cli.sha256'), sums.join(''))
for (const [name, { length }] of made) console.log(`${out}/${name}: ${Math.round(length / 1024)} KiB`)
