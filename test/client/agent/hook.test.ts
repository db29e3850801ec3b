import { chmod, lchown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AgentEvent } from '../../../client/agent/agentEvent.ts'
import { checkUnshared } from '../../../client/checkUnshared.ts'
import { runHook } from '../../../client/agent/hook.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { simulatedTime } from './simulatedTime.ts'

const script = async (lines: string): Promise<string> => {
  const file = join(await temporaryFolder(), 'hook with ümlaut')
  await writeFile(file, `#!/bin/sh\n${lines}\n`)
  await chmod(file, 0o755)
  return file
}

const run = async (file: string, signal = new AbortController().signal) => {
  const { world, events } = simulatedTime(new Date(0), 1)
  const environment = { PATH: '/usr/bin:/bin', MAYFLY_TOKEN_COMMAND: 'echo canary', HOME: '/home/ada' }
  const hook = { file, facts: { MAYFLY_EVENT: 'renewed; touch x' }, subject: '/ada' }
  const how = await runHook(hook, { ...world, environment }, signal)
  return { how, event: events.at(-1) as AgentEvent }
}

describe.skipIf(process.platform === 'win32')('runHook()', () => {
  it('gives facts by the environment alone, and nothing of what configures the agent', async () => {
    const { how, event } = await run(await script('env | grep -E "MAYFLY|HOME"; echo $#'))
    expect(how).toBeUndefined()
    expect(event).toMatchObject({ kind: 'hook-ran', subject: '/ada' })
    expect(String(event.facts?.output).split(' ').toSorted().join(' ')).toBe(
      '0 HOME=/home/ada MAYFLY_EVENT=renewed; touch x',
    )
  })

  it('tells how it failed, with what it wrote', async () => {
    const { how, event } = await run(await script('echo no such VPN >&2; exit 3'))
    expect(how).toBe('ended with 3')
    expect(event).toMatchObject({ kind: 'hook-failed', level: 'error', facts: { output: 'no such VPN' } })
  })

  it('tells how a long output began and ended, where the cause is', async () => {
    const { event } = await run(await script('echo first; seq 2000; echo no such CA >&2; exit 1'))
    const output = String(event.facts?.output)
    expect(output).toMatch(/^first 1 2 .* \[\.\.\.\] .* 2000 no such CA$/)
    expect(output.length).toBeLessThan(2_010)
  })

  it('ends at once, with what it started, when the agent does', async () => {
    const stop = new AbortController()
    const begun = performance.now()
    setTimeout(() => stop.abort(), 100)
    const { how } = await run(await script('sleep 30 & sleep 30'), stop.signal)
    expect(how).toBe('was stopped')
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  it.each([0o775, 0o757, 0o777])('refuses one of mode %o', async (mode) => {
    const file = await script('exit 0')
    await chmod(file, mode)
    await expect(run(file)).toRefuse('path-shared', /others can write to it/)
  })

  it('refuses one in a folder that others can write to, and one that is not there', async () => {
    const folder = join(await temporaryFolder(), 'shared')
    await mkdir(folder)
    await chmod(folder, 0o777)
    await writeFile(join(folder, 'hook'), '', { mode: 0o755 })
    await expect(run(join(folder, 'hook'))).toRefuse('path-shared', /shared can be written to by others/)
    await expect(run(join(folder, 'none'))).toRefuse('path-shared', /ENOENT/)
  })

  it('takes what is in a folder such as /tmp, where names are their owners', async () => {
    const folder = join(await temporaryFolder(), 'sticky')
    await mkdir(folder)
    await chmod(folder, 0o1777)
    await writeFile(join(folder, 'hook'), '', { mode: 0o755 })
    await expect(checkUnshared(join(folder, 'hook'), 'the hook')).resolves.toBeUndefined()
  })

  it('refuses a link in a folder that others can write to, wherever it leads', async () => {
    const [hook, folder] = [await script('exit 0'), join(await temporaryFolder(), 'shared')]
    await mkdir(folder)
    await symlink(hook, join(folder, 'hook'))
    await expect(checkUnshared(join(folder, 'hook'), 'the hook')).resolves.toBeUndefined()
    await chmod(folder, 0o777)
    await expect(run(join(folder, 'hook'))).toRefuse('path-shared', /shared can be written to by others/)
  })

  it('refuses one to which a link in such a folder leads on the way', async () => {
    const [hook, folder] = [await script('exit 0'), await temporaryFolder()]
    await mkdir(join(folder, 'shared'))
    await symlink(dirname(hook), join(folder, 'shared', 'on'))
    await symlink('shared/./on', join(folder, 'bin'))
    // Where `..` is depends on where the link leads.
    const file = `${folder}/bin/../${basename(dirname(hook))}/${basename(hook)}`
    await expect(run(file)).resolves.toMatchObject({ how: undefined })
    await chmod(join(folder, 'shared'), 0o777)
    await expect(run(file)).toRefuse('path-shared', /shared can be written to by others/)
  })

  it.skipIf(process.getuid?.() !== 0)(
    'refuses a link of another user where names are their owners',
    async () => {
      const [hook, folder] = [await script('exit 0'), join(await temporaryFolder(), 'sticky')]
      await mkdir(folder)
      await chmod(folder, 0o1777)
      await symlink(hook, join(folder, 'hook'))
      await expect(run(join(folder, 'hook'))).resolves.toMatchObject({ how: undefined })
      await lchown(join(folder, 'hook'), 65_534, 65_534)
      await expect(run(join(folder, 'hook'))).toRefuse('path-shared', /hook belongs to another user/)
    },
  )
})
