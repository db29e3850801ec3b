import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseWords } from './cli/parseWords.ts'
import { blocksIn, blocksOf, pages, projectFile } from './pages.ts'
import { type ReadersCopy, readersCopy } from './readersCopy.ts'

const shellIn = (page: string) => blocksIn('sh', projectFile(page))

const hasPowerShell = (() => {
  try {
    return execFileSync('pwsh', ['-NoProfile', '-Command', '7'], { encoding: 'utf8' }).trim() === '7'
  } catch {
    return false
  }
})()

describe('the blocks of the pages', () => {
  /** Which tests run or read the blocks of a language; a diagram, a JSON example and a runbook of days have their own. */
  const readers: Readonly<Record<string, readonly string[]>> = {
    sh: [
      'README.md',
      'docs/audit.md',
      'docs/client-setups.md',
      'docs/conditional-access.md',
      'docs/deploy.md',
      'docs/device-evidence.md',
      'docs/migrate-from-entra.md',
      'docs/operations.md',
      'docs/tour.md',
      'docs/trust-bundle.md',
      'infra/attestation/README.md',
    ],
    'sh azure': [
      'docs/audit.md',
      'docs/deploy.md',
      'docs/device-evidence.md',
      'docs/functions-host.md',
      'infra/attestation/README.md',
    ],
    powershell: ['docs/powershell.md', 'infra/client/intune/README.md'],
    kql: ['docs/telemetry.md'],
    json: ['docs/configuration.md', 'docs/device-evidence.md', 'docs/telemetry.md'],
    text: ['docs/operations.md'],
    toml: ['docs/client.md', 'docs/profiles.md'],
    mermaid: ['README.md', 'docs/architecture.md'],
  }

  it('are in languages, and on pages, whose blocks a test runs', () => {
    const found = Object.keys(readers).map((language) => [
      language,
      pages.filter((page) => blocksIn(language, projectFile(page)).length > 0).toSorted(),
    ])
    expect(Object.fromEntries(found)).toEqual(readers)
    const languages = pages.flatMap((page) => blocksOf(projectFile(page)).map(({ language }) => language))
    expect([...new Set(languages)].toSorted()).toEqual(Object.keys(readers).toSorted())
  })

  it('that need Azure name commands and options that the CLI has', () => {
    const lines = pages
      .flatMap((page) => blocksIn('sh azure', projectFile(page)))
      .flatMap((commands) => commands.replaceAll('\\\n', ' ').split('\n'))
      .flatMap((line) => /npx --no mayfly ([^>|]*)/.exec(line)?.[1] ?? [])
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines) {
      // A variable may stand for a digest.
      const words = [...line.matchAll(/"[^"]*"|\S+/g)].map(([word]) =>
        /^SHA256$|[$<]/.test(word) ? '0'.repeat(64) : word,
      )
      expect(parseWords(words), line).toMatchObject({ kind: 'run' })
    }
  })

  it('are read to their ends, and refused where a fence is not what it seems', () => {
    const page = 'a\n```sh\nb\n\nc\n```\n```\nd\n```\n'
    expect(blocksOf(page)).toEqual([
      { language: 'sh', text: 'b\n\nc' },
      { language: '', text: 'd' },
    ])
    for (const broken of ['```sh\na', '```sh\na\n```sh\n```', ' ```sh\na\n ```', 'x ```sh\n```'])
      expect(() => blocksOf(broken), broken).toThrow('A fence')
  })
})

// The commands are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the commands of the pages, run as they stand', () => {
  let copy: ReadersCopy

  beforeAll(async () => {
    copy = await readersCopy()
    await copy.start()
  })

  afterAll(() => copy[Symbol.asyncDispose]())

  /** Runs all blocks of a page, one after the other, and gives what each said. */
  const follow = async (page: string): Promise<readonly string[]> => {
    const told: string[] = []
    for (const commands of shellIn(page)) told.push((await copy.shell(commands)).stdout)
    return told
  }

  const lines = async (name: string) =>
    (await readFile(join(copy.folder, name), 'utf8')).trimEnd().split(/\r?\n/)

  it('begin in the README with two for the set-up: one runs the service, one the tests', async () => {
    const [start, test, enroll = '', ...others] = shellIn('README.md')
    expect([start, test]).toEqual(['npm ci && npm start', 'npm ci && npm test'])
    const ci = projectFile('.ci/run')
    expect(ci).toMatch(/^(installed \|\| )?step install npm ci\b/m)
    expect(ci).toMatch(/^tests test npm test$/m)
    expect(others).toHaveLength(2)
    await copy.shell(enroll, 'npx of npm')
    for (const commands of others) await copy.shell(commands)
    const { stdout } = await copy.shell('openssl x509 -in ada/certificate.pem -noout -ext extendedKeyUsage')
    expect(stdout).toContain('1.3.6.1.4.1.311.87')
  })

  it('lead through docs/tour.md', async () => {
    expect(await follow('docs/tour.md')).toHaveLength(7)
  })

  it('read the ledger as docs/audit.md tells', async () => {
    const [read = ''] = await follow('docs/audit.md')
    expect(read).toMatch(/^issued +user +serial number\n(?:.*\n)*.*ada@contoso\.example/m)
    expect(read).toMatch(/^issued\n {2}to +ada@contoso\.example$/m)
    const exported = (await lines('audit.jsonl')).map((line) => JSON.parse(line) as { upn: string })
    // The demo of `npm start` is in it, too.
    expect(exported.length).toBeGreaterThanOrEqual(2)
    expect((await lines('audit.csv')).length).toBeGreaterThanOrEqual(2)
    expect((await lines('audit.refusals')).join()).toContain('"code":"device-not-compliant"')
    expect((await lines('audit.refusals.csv')).join()).toContain('device-not-compliant')
  })

  it('put the policies of docs/conditional-access.md into force, and step up to what they ask', async () => {
    const [applied = '', asked = '', stepped = ''] = await follow('docs/conditional-access.md')
    expect(applied).toContain('3 policies would be accepted')
    expect(asked).toMatch(/^"Only from where Contoso works": failed: block$/m)
    expect(asked).toMatch(/^decided again: \d+ requests?, /m)
    expect(stepped).toMatch(/^ {2}policy +"Contractors sign in with several factors": satisfied$/m)
  })

  it('hear what docs/device-evidence.md has said of a device, and hold policies to it', async () => {
    const [enrolled = '', assessed = ''] = await follow('docs/device-evidence.md')
    expect(enrolled).toMatch(/^ {2}systemDriveEncrypted +yes, by the posture token/m)
    expect(enrolled).toMatch(/^ {2}secureBoot +yes, by the attestation/m)
    expect(assessed).toMatch(/activeFirewallRequired: failed/)
  })

  it('bring a tenant and a server as far as docs/migrate-from-entra.md does', async () => {
    const [made = '', server = '', ...others] = await follow('docs/migrate-from-entra.md')
    expect(made).toContain('1.3.6.1.4.1.99999.1')
    expect(made).not.toContain('1.3.6.1.4.1.311.87')
    expect(server).toMatch(/^nps is configured as it should be for bundle \d+ of northwind$/m)
    expect(server).toMatch(/^nps-1 .*\b1\b/m)
    expect(others).toHaveLength(1)
  })

  it('make the package of docs/deploy.md', async () => {
    const told = await follow('docs/deploy.md')
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('dist/functions.mjs')
  })

  // Skipped where pwsh is not on the path.
  describe.skipIf(!hasPowerShell)('in docs/powershell.md, by pwsh', () => {
    const blocks = blocksIn('powershell', projectFile('docs/powershell.md'))

    const run = async (script: string): Promise<string> => {
      await writeFile(join(copy.folder, 'blocks.ps1'), script.replaceAll('7071', String(copy.port)))
      return (await copy.shell('NO_COLOR=1 pwsh -NoProfile -File blocks.ps1')).stdout
    }

    it('run as well, and refuse a certificate without the marker', async () => {
      expect(blocks).toHaveLength(6)
      const told = await run(blocks.join('\n'))
      expect(told).toMatch(/Issuer +: .*VPN issuer 1/)
      expect(told).toMatch(/^40[01] urn:mayfly:problem:[a-z-]+: Cannot/m)
      expect(told).toMatch(/^accepted: True$/m)
      const other = blocks.at(-1)?.replace('1.3.6.1.4.1.311.87', '1.3.6.1.4.1.99999.1') ?? ''
      expect(await run(other.replace(/^if .*$/m, '$chain.ChainStatus.Status'))).toMatch(
        /^accepted: False\s+NotValidForUsage$/m,
      )
    })

    it('stop at a program that fails', async () => {
      const [first = ''] = blocks
      expect(await run(`${first}\ntry { npx --no mayfly nonsense } catch { 'stopped' }`)).toContain('stopped')
    })
  })
})
