import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { command } from '../../cli/commandLine/command.ts'
import { optionName } from '../../cli/commandLine/option.ts'
import { commands } from '../../cli/commands.ts'
import { manualPage } from '../../cli/manual.ts'

const groff = (page: string, ...args: readonly string[]) =>
  spawnSync('groff', ['-man', '-Tutf8', ...args], { input: page, encoding: 'utf8' })

const hasGroff = groff('').status === 0

describe('manualPage()', () => {
  it('has a section for each command, and in it each option', () => {
    const sections = manualPage(commands)
      .replaceAll(String.raw`\-`, '-')
      .split(/^\.SS /m)
    expect(sections).toHaveLength(commands.length + 1)
    for (const [index, { name, options }] of commands.entries()) {
      const section = sections[index + 1] ?? ''
      expect(section).toMatch(new RegExp(`^mayfly ${name}\\b`))
      for (const member of Object.keys(options)) expect(section, name).toContain(`--${optionName(member)}`)
    }
  })

  it('takes no text for an order of its own', () => {
    const run = () => Promise.resolve({ text: '', json: {} })
    const strange = command({ name: 'strange', summary: String.raw`.so \n file`, options: {}, run })
    expect(manualPage([strange])).toContain(String.raw`\&.so \en file`)
  })

  it.skipIf(!hasGroff)('is formatted by groff without a warning', () => {
    // Without the overprinting by which a terminal shows bold.
    const { stdout, stderr } = groff(manualPage(commands), '-ww', '-P', '-cbu')
    expect(stderr).toBe('')
    expect(stdout).toContain('mayfly authority stage-root')
  })

  it('is printed by the program', () => {
    const printed = execFileSync(process.execPath, ['cli/mayfly.ts', 'man'], { encoding: 'utf8' })
    expect(printed.trim()).toBe(manualPage(commands).trim())
  })
})
