import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { graphPermissions } from '../../lib/directory/graphPermissions.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const principal = '11111111-2222-4333-8444-555555555555'

/**
 * Stands in for the Azure CLI: it has what was granted in a file, knows roles by the names of permissions, and answers
 * whatever is asked by the parts of a query that matter.
 */
const az = (granted: string) => `#!/bin/sh
all="$*"
case $all in
  'cloud show '*) echo https://graph.microsoft.com/ ;;
  'rest --method get '*"servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"*appRoles*)
    permission="\${all#*value==\\'}"; echo "role-of-\${permission%%\\'*}" ;;
  'rest --method get '*"servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"*) echo graph-id ;;
  'rest --method get '*"servicePrincipals/${principal}/appRoleAssignments"*)
    role="\${all#*appRoleId==\\'}"; grep -o "\${role%%\\'*}" '${granted}' || true ;;
  'rest --method post '*"https://graph.microsoft.com/v1.0/servicePrincipals/${principal}/appRoleAssignments"*)
    case $all in *'--body @'*) cat "\${all##*--body @}" >>'${granted}' ;; *) echo "\${all##*--body }" >>'${granted}' ;; esac ;;
  *) exit 1 ;;
esac
`

const hasPowerShell = spawnSync('pwsh', ['-NoProfile', '-Command', 'exit 7']).status === 7
const isPosix = process.platform !== 'win32'

const shells = [
  { shell: 'sh', there: isPosix, command: ['sh'], intune: '--intune' },
  // The fake az is a script for a POSIX shell.
  {
    shell: 'ps1',
    there: isPosix && hasPowerShell,
    command: ['pwsh', '-NoProfile', '-File'],
    intune: '-Intune',
  },
] as const

for (const { shell, there, command, intune } of shells)
  describe.skipIf(!there)(`infra/graph/grant.${shell}`, () => {
    let folder: string
    let file: string

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mayfly-graph-'))
      file = join(folder, 'granted')
      await writeFile(file, '')
      await writeFile(join(folder, 'az'), az(file))
      await chmod(join(folder, 'az'), 0o755)
    })
    afterEach(() => rm(folder, { recursive: true }))

    const grant = (...args: readonly string[]) => {
      const [program = '', ...first] = command
      const env = { ...process.env, NO_COLOR: '1', PATH: `${folder}${delimiter}${process.env['PATH']}` }
      const script = join(root, 'infra/graph', `grant.${shell}`)
      return spawnSync(program, [...first, script, ...args], { env, encoding: 'utf8' })
    }

    const granted = async () =>
      (await readFile(file, 'utf8'))
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as object)

    const assignment = (permission: string) => ({
      principalId: principal,
      resourceId: 'graph-id',
      appRoleId: `role-of-${permission}`,
    })

    it('grants to read devices, and nothing more', async () => {
      const { status, stdout } = grant(principal)
      expect([status, stdout.trim()]).toEqual([0, 'Device.Read.All: granted'])
      expect(await granted()).toEqual([assignment(graphPermissions.directory.name)])
    })

    it('grants what Intune wants where it is asked for, and nothing twice', async () => {
      grant(principal)
      const { status, stdout } = grant(principal, intune)
      expect([status, stdout.trim().split(/\r?\n/)]).toEqual([
        0,
        ['Device.Read.All: granted already', 'DeviceManagementManagedDevices.Read.All: granted'],
      ])
      expect(await granted()).toEqual(Object.values(graphPermissions).map(({ name }) => assignment(name)))
    })

    it.each([['nobody'], ['not an id', "x' || '"], ['az fails', '99999999-2222-4333-8444-555555555555']])(
      'grants nothing when it is told of %s',
      async (_what, ...args) => {
        const { status } = grant(...args)
        expect(status).not.toBe(0)
        expect(await granted()).toEqual([])
      },
    )
  })
