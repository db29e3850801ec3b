import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseWords } from '../cli/parseWords.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const projectFile = (name: string): Promise<string> => readFile(join(root, name), 'utf8')

const deployment = {
  service: { url: 'https://mayfly.example' },
  tables: { endpoint: 'https://tables.example' },
}
const old = '{"service":{"url":"https://before.example"}}\n'

/** Stands in for the Azure Developer CLI: it answers what an environment would. */
const goodAzd = `#!/bin/sh
[ "$1 $2" = 'env get-value' ] || exit 1
case $3 in
  deployment) printf '%s\\n' '${JSON.stringify(deployment)}' ;;
  serviceUrl) echo https://mayfly.example ;;
  AZURE_RESOURCE_GROUP) echo mayfly-group ;;
  *) exit 1 ;;
esac
`
const badAzds = [
  ['fails', "#!/bin/sh\necho 'ERROR: not logged in' >&2\nexit 1\n"],
  ['fails after half an answer', '#!/bin/sh\nprintf \'{"service":\'\nexit 1\n'],
  ['is not there', undefined],
] as const

const hasPowerShell =
  spawnSync('pwsh', ['-NoProfile', '-Command', 'exit 7'], { env: process.env }).status === 7

const shells = [
  { shell: 'sh', there: process.platform !== 'win32', command: ['sh'] },
  // The fake azd is a script for a POSIX shell.
  {
    shell: 'ps1',
    there: hasPowerShell && process.platform !== 'win32',
    command: ['pwsh', '-NoProfile', '-File'],
  },
] as const

const commandsOf = (text: string): readonly string[] => text.match(/^ {2}npx .*$/gm) ?? []

for (const { shell, there, command } of shells)
  describe.skipIf(!there)(`the hooks for ${shell}`, () => {
    let folder: string
    let file: string

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mayfly-hooks-'))
      file = join(folder, '.mayfly/azure.json')
      await mkdir(join(folder, '.mayfly'))
    })
    afterEach(() => rm(folder, { recursive: true }))

    /** Runs a hook with this azd, or with none. */
    const hook = async (name: string, azd: string | undefined) => {
      const [program = '', ...args] = command
      if (azd !== undefined) {
        await writeFile(join(folder, 'azd'), azd)
        await chmod(join(folder, 'azd'), 0o755)
      }
      const env = { ...process.env, NO_COLOR: '1', PATH: `${folder}${delimiter}${process.env['PATH']}` }
      return run(program, [...args, join(root, 'infra/hooks', `${name}.${shell}`)], { cwd: folder, env })
    }

    it('write the deployment file whole, over that of an earlier deployment', async () => {
      await writeFile(file, old)
      await hook('postprovision', goodAzd)
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(deployment)
      expect(await readdir(join(folder, '.mayfly'))).toEqual(['azure.json'])
      if (shell === 'sh') expect((await stat(file)).mode & 0o777).toBe(0o600)
    })

    it.each([...badAzds, ['says nothing', '#!/bin/sh\nexit 0\n'] as const])(
      'fail, and leave the deployment file as it was, when azd %s',
      async (_, azd) => {
        await writeFile(file, old)
        await expect(hook('postprovision', azd)).rejects.toMatchObject({ code: expect.any(Number) })
        expect(await readFile(file, 'utf8')).toBe(old)
        expect(await readdir(join(folder, '.mayfly'))).toEqual(['azure.json'])
      },
    )

    it.each(['postdeploy', 'predown'])('%s says nothing that is half right when azd fails', async (name) => {
      for (const [, azd] of badAzds)
        await expect(hook(name, azd)).rejects.toMatchObject({
          stdout: expect.not.stringMatching(/npx|az lock/),
        })
    })

    it('print next steps that fit the example: its tenant, and the deployment file', async () => {
      const { stdout } = await hook('postdeploy', goodAzd)
      const { tenant } = JSON.parse(await projectFile('docs/tenant.example.json')) as { tenant: string }
      expect(stdout).toContain('Mayfly is deployed: https://mayfly.example')
      expect(commandsOf(stdout)).toHaveLength(4)
      for (const line of commandsOf(stdout)) {
        const words = line.trim().split(' ').slice(3)
        expect(words.slice(-2)).toEqual(['--deployment', '.mayfly/azure.json'])
        expect(parseWords(words), line).toMatchObject({ kind: 'run' })
        if (words.includes('--tenant')) expect(words[words.indexOf('--tenant') + 1]).toBe(tenant)
      }
      const [, ...steps] = commandsOf(await projectFile('infra/hooks/postdeploy.sh'))
      expect(commandsOf(stdout).slice(1)).toEqual(steps)
    })

    it('tell before a tear-down how locks come off', async () => {
      const { stdout } = await hook('predown', goodAzd)
      expect(stdout).toMatch(
        /az lock list --resource-group "?mayfly-group"? --query "\[\?name=='keep'\]\.id"/,
      )
    })
  })

describe('azure.yaml', async () => {
  const manifest = parse(await projectFile('azure.yaml')) as {
    readonly requiredVersions: Readonly<Record<string, string>>
    readonly services: Readonly<Record<string, { readonly project: string }>>
  }

  it('names hooks that there are, for both shells', async () => {
    const text = await projectFile('azure.yaml')
    const named = [...text.matchAll(/run: infra\/hooks\/(\S+)/g)].map(([, name = '']) => name)
    expect(named.toSorted()).toEqual((await readdir(join(root, 'infra/hooks'))).toSorted())
  })

  it('says which azd it needs', () => {
    expect(manifest.requiredVersions).toEqual({ azd: expect.stringMatching(/^>= \d+\.\d+\.\d+$/) })
  })

  it('deploys one package to the apps that the template tags', async () => {
    const apps = await projectFile('infra/modules/apps.bicep')
    const tagged = [...apps.matchAll(/'azd-service-name': '(\w+)'/g)].map(([, name]) => name)
    expect(Object.keys(manifest.services)).toEqual(tagged)
    expect(new Set(Object.values(manifest.services).map(({ project }) => project))).toEqual(
      new Set(['dist/package']),
    )
  })
})
