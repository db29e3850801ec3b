import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { infra, written } from './infra.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const manifest = await readFile(join(root, 'azure.yaml'), 'utf8')

const deployment = {
  service: { url: 'https://mayfly.example' },
  tables: { endpoint: 'https://tables.example' },
}

/** Stands in for the Azure Developer CLI: it answers what an environment would. */
const azd = `#!/bin/sh
[ "$1 $2" = 'env get-value' ] || exit 1
case $3 in
  deployment) printf '%s\\n' '${JSON.stringify(deployment)}' ;;
  serviceUrl) echo https://mayfly.example ;;
  AZURE_RESOURCE_GROUP) echo mayfly-group ;;
  *) exit 1 ;;
esac
`

const commandsOf = (text: string): readonly string[] => text.match(/^ {2}npx .*$/gm) ?? []

// The POSIX hooks are for a POSIX shell; those for Windows say the same.
describe.skipIf(process.platform === 'win32')('the hooks', () => {
  let folder: string

  const hook = (name: string) =>
    run(join(root, 'infra/hooks', name), {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` },
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mayfly-hooks-'))
    await writeFile(join(folder, 'azd'), azd)
    await chmod(join(folder, 'azd'), 0o755)
  })

  afterAll(() => rm(folder, { recursive: true }))

  it('write the deployment file for its owner alone', async () => {
    await hook('postprovision.sh')
    const file = join(folder, '.mayfly/azure.json')
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(deployment)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('print the next steps, with the deployment file', async () => {
    const { stdout } = await hook('postdeploy.sh')
    expect(stdout).toContain('Mayfly is deployed: https://mayfly.example\n')
    expect(commandsOf(stdout)).toHaveLength(4)
    for (const command of commandsOf(stdout)) expect(command).toContain('--deployment .mayfly/azure.json')
  })

  it('tell before a tear-down how locks come off', async () => {
    const { stdout } = await hook('predown.sh')
    expect(stdout).toContain('az lock list --resource-group "mayfly-group" --query "[?name==\'keep\'].id"')
  })
})

describe('azure.yaml', () => {
  it('names hooks that there are, for both shells, with the same steps', async () => {
    const named = [...manifest.matchAll(/run: infra\/hooks\/(\S+)/g)].map(([, name = '']) => name)
    expect(named.toSorted()).toEqual((await readdir(join(root, 'infra/hooks'))).toSorted())
    const [posix, windows] = await Promise.all(
      ['sh', 'ps1'].map((shell) => readFile(join(root, `infra/hooks/postdeploy.${shell}`), 'utf8')),
    )
    expect(commandsOf(windows ?? '')).toEqual(commandsOf(posix ?? ''))
  })

  it('deploys one package to the apps that the template tags', () => {
    const [, services = ''] = manifest.split(/^services:$/m)
    const names = [...services.matchAll(/^ {2}(\w+):$/gm)].map(([, name = '']) => name)
    const tagged = (infra.get('modules/apps.bicep')?.statements ?? []).flatMap((one) =>
      one.kind === 'module'
        ? [...written(one.value).matchAll(/azd-service-name: (\w+)/g)].map(([, name = '']) => name)
        : [],
    )
    expect(names).toEqual(tagged)
    expect(new Set(services.match(/project: .*/g))).toEqual(new Set(['project: dist/package']))
  })
})
