import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recipes, serverKinds } from '../../../client/serverConfig/recipes.ts'
import { isWindowsKind } from '../../../client/serverConfig/windowsFiles.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { serverSettings } from './settings.ts'

const hooks = serverKinds
  .filter((kind) => !isWindowsKind(kind))
  .flatMap((kind) => recipes[kind](serverSettings).files)
  .filter(({ path }) => path.includes('/reload-'))

/** Runs the hook of a server where systemctl restarts whatever it is told, which runs or does not. */
const reload = async (kind: 'openvpn' | 'freeradius' | 'ocserv', runs: boolean) => {
  const trust = await temporaryFolder()
  const bin = join(trust, 'bin')
  await mkdir(bin)
  await writeFile(join(trust, 'issuers.sha256'), `${'ab'.repeat(32)}\n`)
  const systemctl = `#!/bin/sh\n[ "$1" != is-active ] || exit ${runs ? 0 : 3}\n`
  await writeFile(join(bin, 'systemctl'), systemctl, { mode: 0o755 })
  await writeFile(join(bin, 'sleep'), '#!/bin/sh\n', { mode: 0o755 })
  const hook = hooks.find(({ path }) => path.endsWith(`/reload-${kind}`))
  const env = { PATH: `${bin}:/usr/bin:/bin`, MAYFLY_TRUST_FOLDER: trust }
  return spawnSync('sh', ['-c', hook?.content ?? ''], { env, encoding: 'utf8' })
}

describe.runIf(process.platform !== 'win32')('the hooks of server-config', () => {
  it.each([
    ['openvpn', 'openvpn-server@mayfly'],
    ['freeradius', 'freeradius'],
    ['ocserv', 'ocserv'],
  ] as const)(
    'of %s tell whether the server runs with the bundle, and where it says why not',
    async (kind, unit) => {
      expect(await reload(kind, true)).toMatchObject({ status: 0, stderr: '' })
      const stderr = `${unit} does not run with this bundle: journalctl -u ${unit} tells why.\n`
      expect(await reload(kind, false)).toMatchObject({ status: 1, stdout: '', stderr })
    },
  )

  it.skipIf(spawnSync('shellcheck', ['--version']).status !== 0)(
    'have nothing that shellcheck would find',
    () => {
      expect(hooks.length).toBe(6)
      // Each has $trust, whether its server wants to know it or not.
      const check = (input: string) =>
        spawnSync('shellcheck', ['--exclude=SC2034', '-'], { input, encoding: 'utf8' }).stdout
      for (const { path, content } of hooks) expect(check(content), path).toBe('')
    },
  )
})
