import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, '.github/workflows')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, unknown>>
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly needs?: string
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> }
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, Job>>
}

const names = readdirSync(folder).sort()
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')
const workflows = new Map(names.map((name) => [name, parse(textOf(name)) as Workflow]))
const workflow = (name: string): Workflow => workflows.get(name) ?? { on: {}, jobs: {} }
const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, job]) => ({ name: `${file} ${name}`, job })),
)
const commands = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run }) => (run ? [run.trim()] : []))

describe('the workflows', () => {
  it('are those that this test knows', () => {
    expect(names).toEqual(['release.yml', 'test.yml'])
    expect(jobs.map(({ name }) => name).sort()).toEqual([
      'release.yml attest',
      'release.yml package',
      'release.yml programs',
      'release.yml publish',
      'release.yml reproduce',
      'test.yml bicep',
      'test.yml gate',
      'test.yml stores',
      'test.yml test',
    ])
  })

  const goes = (program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { cwd: root, encoding: 'utf8' })

  it.skipIf(goes('actionlint', '--version').status !== 0)('have no fault that actionlint finds', () => {
    expect(goes('actionlint')).toMatchObject({ status: 0, stdout: '' })
  })

  it.skipIf(goes('zizmor', '--version').status !== 0)(
    'have no weakness that zizmor finds: what is not pinned, may too much, leaves a token, takes in what others wrote',
    () => {
      const { status, stdout } = goes('zizmor', '--offline', '--no-progress', '--persona=pedantic', '.github')
      expect({ status, stdout }).toEqual({ status: 0, stdout: expect.any(String) })
    },
  )

  it('name every action by its version, for people and for Dependabot', () => {
    const lines = names.flatMap((name) => textOf(name).match(/^.*\buses:.*$/gm) ?? [])
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
  })

  it('leave no token in the checkout, share no cache and ask for no secret, which zizmor lets who wants it', () => {
    const steps = jobs.flatMap(({ job }) => job.steps)
    const using = (action: string) =>
      steps.flatMap(({ uses, with: given }) => (uses?.startsWith(`actions/${action}@`) ? [given ?? {}] : []))
    const wrong = [
      ...using('checkout').filter((given) => given['persist-credentials'] !== false),
      ...using('setup-node').filter((given) => given['package-manager-cache'] !== false),
    ]
    expect(wrong).toEqual([])
    for (const name of names) expect(textOf(name), name).not.toMatch(/\bsecrets\b/)
  })

  it('use one commit of each action', () => {
    const used = new Set(jobs.flatMap(({ job }) => job.steps.flatMap(({ uses }) => uses ?? [])))
    const actions = new Set([...used].map((one) => one.replace(/@.*/, '')))
    expect(used.size).toBe(actions.size)
  })

  it('run no code of the project and of its packages where they may write', () => {
    const writing = jobs.filter(({ job }) => Object.values(job.permissions ?? {}).includes('write'))
    expect(writing.map(({ name, job }) => [name, job.permissions])).toEqual([
      ['release.yml attest', { 'id-token': 'write', attestations: 'write' }],
      ['release.yml publish', { contents: 'write' }],
    ])
    for (const { job } of writing) {
      expect(job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout'))).toEqual([])
      for (const command of commands(job)) expect(command).not.toMatch(/\b(npm|npx|node)\b/)
    }
  })

  it('end in time', () => {
    for (const { name, job } of jobs) expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60)
  })

  it('call scripts that package.json has, and files that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    const all = jobs.flatMap(({ job }) => commands(job)).join('\n')
    const called = [...all.matchAll(/\bnpm (?:run )?(test|(?<=run )[\w:-]+)/g)].map(
      ([, script = '']) => script,
    )
    expect([...new Set(called)].sort()).toEqual(['build', 'build:cli', 'check:infra', 'package', 'test'])
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(called))
    const files = [...all.matchAll(/(?<![\w/])(?:\.ci|infra)\/[\w./-]+/g)].map(([file]) => file)
    expect([...new Set(files)].sort()).toEqual(['.ci/run'])
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})

describe('test.yml', () => {
  const { test, gate, bicep, stores } = workflow('test.yml').jobs

  it('runs the same on three systems with two versions of Node.js', () => {
    expect(test?.strategy?.matrix).toEqual({
      os: ['ubuntu-latest', 'macos-latest', 'windows-latest'],
      node: [22, 24],
    })
    expect(commands(test)).toEqual(expect.arrayContaining(['npm ci', 'npm test']))
    expect(commands(gate)).toEqual(['.ci/run'])
  })

  it('keeps certificates in the real stores of Windows and macOS', () => {
    expect(stores?.strategy?.matrix).toEqual({ os: ['windows-latest', 'macos-latest'] })
    const [, real] = commands(stores)
    expect(real).toBe('npm test -- test/client/store/realStore.test.ts')
    expect(existsSync(join(root, 'test/client/store/realStore.test.ts'))).toBe(true)
    expect(stores?.steps.at(-1)?.env).toEqual({ MAYFLY_REAL_STORE: 1 })
  })

  it('removes the Node.js that npm ci brings before it runs a script', () => {
    const [install, remove, compare] = commands(test)
    expect(install).toBe('npm ci')
    const { optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'tools/node-pin/package.json'), 'utf8'),
    ) as { optionalDependencies: object }
    for (const name of Object.keys(optionalDependencies)) expect(remove).toContain(`node_modules/${name} `)
    expect(compare).toMatch(/= "\$NODE" && test ! -e node_modules\/\.bin\/node$/)
  })

  it('compiles the infrastructure with one version of Bicep, and would notice that it is skipped', () => {
    const [, install = '', check, ran = ''] = commands(bicep)
    expect(install).toMatch(/^az bicep install --version v\d+\.\d+\.\d+$/)
    expect(check).toMatch(/ npm run check:infra \| tee check\.log$/)
    const [, told = ''] = /^grep '([^']+)' check\.log$/.exec(ran) ?? []
    expect(readFileSync(join(root, 'tools/checkInfra.ts'), 'utf8').split(told)).toHaveLength(2)
  })

  it('runs for what is pushed to main and for every pull request', () => {
    expect(workflow('test.yml').on).toEqual({ push: { branches: ['main'] }, pull_request: null })
  })
})

describe('release.yml', () => {
  const { jobs: all, on } = workflow('release.yml')

  it('runs for tags of versions alone', () => {
    expect(on).toEqual({ push: { tags: ['v*'] } })
  })

  it('releases what was tested, made twice and attested', () => {
    expect(Object.entries(all).map(([name, { needs }]) => [name, needs])).toEqual([
      ['package', undefined],
      ['programs', 'package'],
      ['reproduce', 'package'],
      ['attest', ['reproduce', 'programs']],
      ['publish', 'attest'],
    ])
    expect(commands(all['package'])).toEqual(
      expect.arrayContaining(['npm ci', 'npm test', 'npm run package']),
    )
    expect(commands(all['programs'])).toEqual([
      'npm ci',
      'npm run build:cli',
      'for program in dist-cli/mayfly-*64; do "$program" --version; done',
    ])
    expect(all['reproduce']?.steps.at(-1)?.run).toMatch(/cmp "\$file" "\.\.\/released\/\$file"/)
  })

  it('attests the package and what is in it', () => {
    const attest = all['attest']?.steps ?? []
    const using = (action: string) => attest.find(({ uses }) => uses?.startsWith(`actions/${action}@`))?.with
    expect(using('attest-build-provenance')).toEqual({ 'subject-path': 'dist/*' })
    expect(using('attest-sbom')).toMatchObject({ 'subject-path': 'dist/*.zip' })
  })

  it('publishes the zip, what is in it and their checksums', () => {
    const upload = all['package']?.steps.find(({ uses }) =>
      uses?.startsWith('actions/upload-artifact@'),
    )?.with
    expect(String(upload?.['path']).trim().split('\n')).toEqual([
      'dist/mayfly-*.zip',
      'dist/mayfly-*.cdx.json',
      'dist/mayfly-*.sha256',
    ])
    expect(commands(all['publish']).at(-1)).toMatch(/^gh release create "\$TAG" --verify-tag .* dist\/\*$/)
  })
})

it('Dependabot keeps packages and actions up to date', () => {
  const { version, updates } = parse(readFileSync(join(root, '.github/dependabot.yml'), 'utf8')) as {
    version: number
    updates: { 'package-ecosystem': string; directory: string; schedule: { interval: string } }[]
  }
  expect(version).toBe(2)
  expect(updates.map((one) => [one['package-ecosystem'], one.directory, one.schedule.interval])).toEqual([
    ['npm', '/', 'weekly'],
    ['npm', '/tools/executables', 'weekly'],
    ['github-actions', '/', 'weekly'],
  ])
})
