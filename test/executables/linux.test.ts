import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { cpSync, existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalStack, startLocalStack } from '../e2e/localStack.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { runFile } from './runFile.ts'

const executable = 'dist-cli/mayfly-linux-x64'
/** Some systems let nobody change the root, not even the administrator of a container. */
const mayChroot =
  process.platform === 'linux' && spawnSync('/usr/sbin/chroot', ['/', '/bin/true']).status === 0

let stack: LocalStack

beforeAll(async () => {
  stack = await startLocalStack()
})
afterAll(() => stack.stop())

/** Copies what the loader finds for a program: glibc, libstdc++ and libgcc, and nothing of Node.js. */
const copyLibraries = (folder: string): readonly string[] => {
  const listed = execFileSync('ldd', [executable], { encoding: 'utf8' })
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  for (const path of libraries) cpSync(path, join(folder, path), { dereference: true, recursive: true })
  return libraries.map((path) => basename(path).replace(/\.so.*$/, ''))
}

/** Makes a folder that a program takes for all there is. */
const bareSystem = async () => {
  const folder = await temporaryFolder()
  const libraries = copyLibraries(folder)
  const authorities = '/etc/ssl/certs/ca-certificates.crt'
  if (existsSync(authorities)) {
    await mkdir(join(folder, dirname(authorities)), { recursive: true })
    await cp(authorities, join(folder, authorities))
  }
  await cp(executable, join(folder, 'mayfly'))
  return { folder, libraries }
}

const pairIn = async (folder: string) => {
  const certificate = new X509Certificate(await readFile(join(folder, 'certificate.pem')))
  const key = createPrivateKey(await readFile(join(folder, 'key.pem')))
  const { serialNumber, subject } = certificate
  return { serialNumber, subject, fits: certificate.checkPrivateKey(key) }
}

describe.runIf(mayChroot)('the executable for Linux, where there is no Node.js', () => {
  it('enrolls in a system of libraries and authorities alone', async () => {
    const { folder, libraries } = await bareSystem()
    expect(new Set(libraries)).toEqual(
      new Set(['libdl', 'libstdc++', 'libm', 'libgcc_s', 'libpthread', 'libc', 'ld-linux-x86-64']),
    )
    await writeFile(join(folder, 'token.jwt'), await stack.token())
    const words = ['enroll', '--url', stack.url, '--tenant', 'contoso', '--token-file', '/token.jwt']
    const ended = await runFile(['/usr/sbin/chroot', folder, '/mayfly', ...words, '--out', '/ada'])
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(await pairIn(join(folder, 'ada'))).toMatchObject({ fits: true, subject: 'CN=ada@contoso.example' })
  })

  it('keeps a credential there: the agent looks once, and before a connection there is nothing to do', async () => {
    const { folder } = await bareSystem()
    const mayfly = (...words: readonly string[]) => runFile(['/usr/sbin/chroot', folder, '/mayfly', ...words])
    const service = `url = '${stack.url}'\ntenant = 'contoso'\n`
    const credential = `[[credentials]]\nfolder = 'ada'\ntoken = { kind = 'file', file = 'token.jwt' }\n`
    await writeFile(join(folder, 'mayfly.toml'), service + credential)
    await writeFile(join(folder, 'token.jwt'), await stack.token())
    expect(await mayfly('agent', '--once', '--config', '/mayfly.toml')).toMatchObject({ code: 0 })
    const first = await pairIn(join(folder, 'ada'))
    expect(first).toMatchObject({ fits: true, subject: 'CN=ada@contoso.example' })
    await rm(join(folder, 'token.jwt'))
    const words = ['--url', stack.url, '--tenant', 'contoso', '--token-file', '/token.jwt', '--out', '/ada']
    expect(await mayfly('agent', 'ensure', '--min-left', '10m', ...words)).toMatchObject({ code: 0, err: '' })
    const elsewhere = [...words.slice(0, -1), '/other']
    expect(await mayfly('agent', 'ensure', ...elsewhere)).toMatchObject({ code: 2 })
    expect(await pairIn(join(folder, 'ada'))).toEqual(first)
  })

  it('tells refusals and its version as the program does', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string }
    expect(await runFile([executable, '--version'])).toEqual({ code: 0, out: `mayfly ${version}\n`, err: '' })
    const unknown = [
      'enroll',
      '--url',
      stack.url,
      '--tenant',
      'nobody',
      '--token-command',
      'echo abc.def.ghi',
    ]
    const refused = await runFile([executable, ...unknown, '--out', join(await temporaryFolder(), 'ada')])
    expect(refused).toMatchObject({ code: 3, out: '' })
    expect(refused.err).toContain('tenant-unknown')
  })
})
