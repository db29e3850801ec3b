import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../cli/commands.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { runCommand, testDeployment } from './runCommand.ts'

const scriptFor = async (shell: string): Promise<string> =>
  (await runCommand(['completion', shell], testDeployment('.'))).text

const runs = (program: string, args: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Command lines, the last word not whole, and what completes it. */
const lines: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['mayfly ten', ['tenant']],
  ['mayfly d', ['deny', 'demo', 'doctor']],
  ['mayfly tenant ', ['apply', 'show', 'list', 'history', 'rollback']],
  ['mayfly help den', ['deny']],
  ['mayfly help deny l', ['lift', 'list']],
  ['mayfly tenant show --rev', ['--revision']],
  ['mayfly tenant show --tenant contoso --j', ['--json']],
  ['mayfly doctor --si', ['--sign']],
  ['mayfly authority stage-issuer --', ['--dry-run', '--csr-out', '--tenant', '--deployment', '--help']],
  ['mayfly ledger list --format ', ['table', 'json', 'csv', 'pem']],
  ['mayfly ledger export --format p', ['pem']],
  ['mayfly tenant show --tenant ', []],
  ['mayfly agent e', ['ensure']],
  ['mayfly agent s', ['status']],
  ['mayfly agent --on', ['--once', '--on-renew', '--on-refused']],
  ['mayfly agent --once --on-re', ['--on-renew', '--on-refused']],
  ['mayfly agent ensure --min', ['--min-left']],
  ['mayfly agent status --', ['--config', '--out', '--json', '--help']],
  ['mayfly agent check --o', ['--online']],
  ['mayfly agent ensure --key-provider t', ['tpm2']],
  ['mayfly agent --store ', ['folder', 'windows', 'keychain']],
  ['mayfly help agent en', ['ensure']],
  ['mayfly agent ensure --min-left ', []],
]

/** Runs a shell that completes a line with the script. @returns the words it offers. */
type Complete = (line: string) => readonly string[]

const bash =
  (script: string): Complete =>
  (line) => {
    const words = line.split(' ')
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const ask = `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _mayfly; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).split('\n').filter(Boolean)
  }

const powershell = (script: string): Complete => {
  const asked = lines.map(([line]) => `@{ line = '${line}' }`).join(', ')
  const ask = `${script}
foreach ($one in @(${asked})) {
  $found = (TabExpansion2 $one.line $one.line.Length).CompletionMatches | ForEach-Object CompletionText
  "$($one.line)|$($found -join ' ')"
}`
  const out = execFileSync('pwsh', ['-NoProfile', '-Command', ask], { encoding: 'utf8' })
  const found = new Map(out.split(/\r?\n/).map((row) => row.split('|') as [string, string]))
  return (line) => found.get(line)?.split(' ').filter(Boolean) ?? []
}

/** Stands for the parts of zsh's completion system that the script calls. */
const zsh =
  (script: string): Complete =>
  (line) => {
    const words = line.split(' ')
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const ask = `compdef() { : }; _files() { : }; compadd() { shift; print -l -- \${(M)@:#\${words[CURRENT]}*} }
${script}
words=(${quoted}); CURRENT=${words.length}; _mayfly`
    return execFileSync('zsh', ['-f', '-c', ask], { encoding: 'utf8' }).split('\n').filter(Boolean)
  }

const shells = [
  { name: 'bash', completer: bash, isHere: runs('bash', ['-c', ':']) },
  { name: 'zsh', completer: zsh, isHere: runs('zsh', ['-c', ':']) },
  { name: 'powershell', completer: powershell, isHere: runs('pwsh', ['-NoProfile', '-Command', '7']) },
]

describe.each(shells)('mayfly completion $name', ({ name, completer, isHere }) => {
  it('knows every command and option', async () => {
    const script = await scriptFor(name)
    for (const command of commands)
      for (const word of command.name.split(' ')) expect(script).toMatch(new RegExp(`\\b${word}\\b`))
  })

  describe.skipIf(!isHere)('in the shell itself', () => {
    let complete: Complete
    beforeAll(async () => {
      complete = completer(await scriptFor(name))
    })

    it.each(lines)('completes %j', (line, offered) => {
      const found = complete(line)
      if (line.endsWith(' --')) expect(found).toEqual(expect.arrayContaining([...offered]))
      // PowerShell offers files where a completer has nothing.
      else if (offered.length > 0 || name !== 'powershell')
        expect(found.toSorted()).toEqual([...offered].toSorted())
    })
  })
})

describe.skipIf(!shells[0]?.isHere)('the bash script', () => {
  it('loads as ~/.bashrc loads it', async () => {
    const file = join(await temporaryFolder(), 'mayfly.bash')
    await writeFile(file, await scriptFor('bash'))
    const ask = `set -eu; eval "$(cat ${file})"; complete -p mayfly`
    expect(execFileSync('bash', ['-c', ask], { encoding: 'utf8' })).toMatch(/-o default -F _mayfly mayfly/)
  })
})

describe('the zsh script', () => {
  it('completes files for what takes one, and for nothing else', async () => {
    const arms = (await scriptFor('zsh')).split('\n').filter((line) => line.endsWith('_files; return ;;'))
    const [options = ''] = arms.map((line) => line.trim().replace(/\).*/, ''))
    expect(arms).toHaveLength(1)
    const files = ['--config', '--out', '--on-renew', '--on-trust-change', '--pkcs12-password']
    expect(options.split('|')).toEqual(expect.arrayContaining(files))
    expect(options.split('|')).not.toContain('--tenant')
  })
})

describe('mayfly completion', () => {
  it('refuses a shell that it does not know', async () => {
    for (const shell of ['fish', 'toString', ''])
      await expect(runCommand(['completion', shell], testDeployment('.'))).toRefuse(
        'usage-wrong',
        /bash, zsh or/,
      )
  })
})
