import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentService } from '../../../client/service/agentService.ts'
import { systemdUnits } from '../../../client/service/systemdUnits.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { nastyName, testNeeds, testService } from './services.ts'

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

/** Splits a value as systemd.syntax(7) says: quotes, and C escapes of which only these two are written. */
const wordsOf = (value: string): readonly string[] =>
  [...value.matchAll(/"((?:[^"\\]|\\["\\])*)"(?: |$)/g)].map(([, word = '']) =>
    word.replaceAll(/\\(["\\])/g, '$1').replaceAll('%%', '%'),
  )

const valuesOf = (unit: string, name: string): readonly string[] =>
  unit.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []))

const unitOf = (service: AgentService) => systemdUnits(service)['mayfly-agent.service'] ?? ''

const analyze = async (service: AgentService, words: (files: readonly string[]) => readonly string[]) => {
  const folder = await temporaryFolder()
  const files = Object.entries(systemdUnits(service)).map(
    ([name, text]) => [join(folder, name), text] as const,
  )
  for (const [file, text] of files) await writeFile(file, text)
  const { status, stdout, stderr } = spawnSync('systemd-analyze', words(files.map(([file]) => file)), {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', SYSTEMD_UNIT_PATH: `${folder}:`, XDG_RUNTIME_DIR: folder },
  })
  // Units of others have faults of their own.
  const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('mayfly-agent'))
  return { status, said }
}

const existing = (changes: Partial<AgentService> = {}) =>
  testService({ program: [process.execPath], ...changes })

describe('systemdUnits()', () => {
  it('quotes whatever a path holds', () => {
    fc.assert(
      fc.property(nastyName, nastyName, nastyName, (folder, file, script) => {
        const path = `/srv/${folder}`
        const unit = unitOf(
          testService({
            program: ['/opt/a $b%/node', `/opt/${script}`],
            configurationFile: `/etc/${file}`,
            needs: { ...testNeeds, writable: [{ path, isPrivate: true }] },
          }),
        )
        const [command, ...words] = wordsOf(valuesOf(unit, 'ExecStart').join())
        expect(command).toBe('/opt/a $b%/node')
        expect(words.map((word) => word.replaceAll('$$', '$'))).toEqual([
          `/opt/${script}`,
          'agent',
          '--config',
          `/etc/${file}`,
        ])
        expect(words.join('').replaceAll('$$', '')).not.toContain('$')
        expect(wordsOf(valuesOf(unit, 'ReadWritePaths').join())).toEqual([path])
      }),
    )
  })

  it.each(['/opt/a"b', "/opt/a'b", '/opt/a\\b'])('refuses to start %s, which systemd does not', (program) => {
    expect(() => unitOf(testService({ program: [program] }))).toRefuse('install-refused')
  })

  it('lets a service of the machine write where its configuration says, each folder once, and read the rest', () => {
    const writable = ['/a', '/b', '/a'].map((path) => ({ path, isPrivate: false }))
    const unit = unitOf(testService({ needs: { ...testNeeds, writable } }))
    expect(valuesOf(unit, 'ReadWritePaths')).toEqual(['"/a"', '"/b"'])
    expect(valuesOf(unit, 'ProtectSystem')).toEqual(['strict'])
  })

  it('lets it have the TPM where keys are there, and no device else', () => {
    const unit = unitOf(testService({ needs: { ...testNeeds, usesTpm: true } }))
    expect(valuesOf(unit, 'DeviceAllow')).toEqual(['/dev/tpmrm0 rw', '/dev/tpm0 rw'])
    expect(valuesOf(unit, 'PrivateDevices')).toEqual([])
    expect(valuesOf(unitOf(testService()), 'PrivateDevices')).toEqual(['yes'])
  })

  it('lets hooks signal a server, and nobody else', () => {
    const unit = unitOf(testService({ needs: { ...testNeeds, runsHooks: true } }))
    expect(valuesOf(unit, 'CapabilityBoundingSet')).toEqual(['CAP_KILL'])
    expect(valuesOf(unit, 'ProtectProc')).toEqual([])
    const alone = unitOf(testService())
    expect(valuesOf(alone, 'CapabilityBoundingSet')).toEqual([''])
    expect(valuesOf(alone, 'ProtectProc')).toEqual(['invisible'])
  })

  it('asks the manager of a user for nothing that it cannot do', () => {
    expect(unitOf(testService({ isSystem: false }))).not.toMatch(
      /^(Protect|Private|ReadWrite|Capability|Device)/m,
    )
  })

  it('has a timer start one look, and only the timer enabled', () => {
    const units = systemdUnits(testService({ everySeconds: 300 }))
    expect(valuesOf(units['mayfly-agent.service'] ?? '', 'ExecStart').join()).toMatch(/"--once"$/)
    expect(units['mayfly-agent.service']).not.toContain('[Install]')
    expect(valuesOf(units['mayfly-agent.timer'] ?? '', 'OnUnitInactiveSec')).toEqual(['300s'])
  })
})

describe.runIf(hasSystemd)('systemd itself', () => {
  const kinds = {
    'the machine': {},
    'the machine, with a timer': { everySeconds: 60 },
    'the machine, with a TPM': { needs: { ...testNeeds, usesTpm: true } },
    'a user': { isSystem: false },
    'a user, with a timer': { isSystem: false, everySeconds: 1800 },
    'strange paths': {
      configurationFile: '/etc/ä "q" %h $HOME \\x/b.toml',
      needs: { ...testNeeds, writable: [{ path: '/srv/ä "q" %h $HOME \\x', isPrivate: true }] },
    },
  } as const

  it.each(Object.entries(kinds))('finds nothing wrong with the units of %s', async (_, changes) => {
    const manager = 'isSystem' in changes ? '--user' : '--system'
    const verify = (files: readonly string[]) => ['verify', manager, '--man=no', ...files]
    expect(await analyze(existing(changes), verify)).toEqual({ status: 0, said: [] })
  })

  /** Docs tell these: tenths of a point, from 0 (confined) to 100. */
  it.each([
    ['the machine', {}, '--system', 20],
    ['the machine, with a timer', { everySeconds: 60 }, '--system', 20],
    ['the machine, with a TPM', { needs: { ...testNeeds, usesTpm: true } }, '--system', 21],
    ['a user', { isSystem: false }, '--user', 65],
  ])('exposes little by the service of %s', async (_, changes, manager, most) => {
    const security = ([file = '']: readonly string[]) => [
      'security',
      manager,
      '--offline=true',
      '--no-pager',
      `--threshold=${most}`,
      file,
    ]
    expect(await analyze(existing(changes), security)).toMatchObject({ status: 0 })
  })
})
