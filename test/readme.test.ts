import { execFile, execFileSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, startProgram } from './e2e/program.ts'
import { threePorts } from './e2e/threePorts.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(join(root, 'README.md'), 'utf8')

/** The commands of the README, one string a fence, those that only Azure or its tools can run left out. */
const fences = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands = '']) => commands.trim())

const run = promisify(execFile)

/** A reader's copy of the project: what git would give them, and the packages `npm ci` would install. */
const copyProject = async (target: string): Promise<void> => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    await cp(join(root, file), join(target, file), { force: true }).catch(() => undefined)
  }
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'), 'junction')
}

// The commands are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the commands of the README', () => {
  let folder: string
  let port: number
  let service: Program | undefined

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mayfly-readme-'))
    port = await threePorts()
    await copyProject(folder)
  })

  afterAll(async () => {
    await service?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const shell = (commands: string) =>
    run('bash', ['-euo', 'pipefail', '-c', commands.replaceAll('7071', String(port))], { cwd: folder })

  it('are two for the set-up: one runs the service, one the tests', () => {
    expect(fences.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test'])
    expect(fences.length).toBeGreaterThanOrEqual(5)
  })

  it('run as they stand, one after the other, against the service of the first', async () => {
    service = startProgram('npm', ['start', '--', '--port', String(port)], { cwd: folder })
    await service.waitFor(/Ctrl-C stops everything/)
    for (const commands of fences.slice(2)) await shell(commands)
    const shown = await shell('openssl x509 -in ada/certificate.pem -noout -ext extendedKeyUsage')
    expect(shown.stdout).toContain('1.3.6.1.4.1.311.87')
  }, 120_000)

  it('are run by .ci/run as well where they set the project up', async () => {
    const ci = await readFile(join(root, '.ci/run'), 'utf8')
    expect(ci).toContain('npm ci')
    expect(ci).toContain('npm test')
  })
})

it('every dependency has its line in the README', async () => {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    expect(readme).toContain(`\`${name}\``)
})
