import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, '.github/workflows')

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly needs?: string
  readonly defaults?: { readonly run: { readonly shell: string } }
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> }
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: object
  readonly concurrency?: { readonly group: string }
  readonly jobs: Readonly<Record<string, Job>>
}

const names = readdirSync(folder).sort()
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')
const workflows = new Map(names.map((name) => [name, parse(textOf(name)) as Workflow]))
const workflow = (name: string): Workflow => workflows.get(name) ?? { on: {}, jobs: {} }
const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, job]) => ({ name: `${file} ${name}`, job })),
)
const steps = jobs.flatMap(({ name, job }) => job.steps.map((step) => ({ name, step })))
const commands = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run }) => (run ? [run.trim()] : []))

describe('the workflows', () => {
  it('are those that this test knows', () => {
    expect(names).toEqual(['release.yml', 'test.yml'])
    expect(jobs.map(({ name }) => name).sort()).toEqual([
      'release.yml attest',
      'release.yml package',
      'release.yml publish',
      'release.yml reproduce',
      'test.yml bicep',
      'test.yml gate',
      'test.yml test',
    ])
  })

  it('name every action by its full commit, and by its version for people and for Dependabot', () => {
    const lines = names.flatMap((name) => textOf(name).match(/^.*\buses:.*$/gm) ?? [])
    expect(lines.length).toBe(steps.filter(({ step }) => step.uses).length)
    const wrong = lines.filter((line) => !/ uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
    expect(wrong).toEqual([])
  })

  it('name the same commit for the same action everywhere', () => {
    const used = [...new Set(steps.flatMap(({ step }) => step.uses ?? []))]
    expect(used.map((one) => one.replace(/@.*/, '')).sort()).toEqual([
      'actions/attest-build-provenance',
      'actions/attest-sbom',
      'actions/checkout',
      'actions/download-artifact',
      'actions/setup-node',
      'actions/upload-artifact',
    ])
  })

  it('may do nothing but what each job says', () => {
    for (const [name, { permissions }] of workflows)
      expect({ name, permissions }).toEqual({ name, permissions: {} })
    const may = jobs.map(
      ({ name, job }) =>
        `${name}: ${Object.entries(job.permissions ?? {})
          .flat()
          .join(' ')}`,
    )
    expect(may.sort()).toEqual([
      'release.yml attest: id-token write attestations write',
      'release.yml package: contents read',
      'release.yml publish: contents write',
      'release.yml reproduce: contents read',
      'test.yml bicep: contents read',
      'test.yml gate: contents read',
      'test.yml test: contents read',
    ])
  })

  it('run no code of the project and of its packages where they may write', () => {
    const writing = jobs.filter(({ job }) => Object.values(job.permissions ?? {}).includes('write'))
    expect(writing).toHaveLength(2)
    for (const { job } of writing) {
      expect(job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout'))).toEqual([])
      for (const command of commands(job)) expect(command).not.toMatch(/\b(npm|npx|node)\b/)
    }
  })

  it('leave no token in the checkout, and share no cache', () => {
    for (const { name, step } of steps) {
      if (step.uses?.startsWith('actions/checkout@'))
        expect({ name, with: step.with }).toMatchObject({ name, with: { 'persist-credentials': false } })
      if (step.uses?.startsWith('actions/setup-node@'))
        expect({ name, with: step.with }).toMatchObject({ name, with: { 'package-manager-cache': false } })
    }
  })

  it('put nothing into a command that somebody else wrote', () => {
    const interpolated = steps.filter(({ step }) => step.run?.includes('${{'))
    expect(interpolated.map(({ name, step }) => `${name}: ${step.run}`)).toEqual([])
    for (const name of names) {
      expect(textOf(name)).not.toMatch(
        /pull_request_target|workflow_run|github\.event|github\.head_ref|secrets\./,
      )
    }
  })

  it('end in time, and one of a branch at a time', () => {
    for (const { name, job } of jobs) {
      expect({ name, minutes: job['timeout-minutes'] }).toEqual({ name, minutes: expect.any(Number) })
      expect(job['timeout-minutes']).toBeLessThanOrEqual(60)
    }
    for (const { concurrency } of workflows.values())
      expect(concurrency?.group).toBe('${{ github.workflow }}-${{ github.ref }}')
  })

  it('call scripts that package.json has, and files that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    const all = jobs.flatMap(({ job }) => commands(job)).join('\n')
    const called = [...all.matchAll(/\bnpm (?:run )?(test|(?<=run )[\w:-]+)/g)].map(
      ([, script = '']) => script,
    )
    expect([...new Set(called)].sort()).toEqual(['build', 'check:infra', 'package', 'test'])
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(called))
    const files = [...all.matchAll(/(?<![\w/])(?:\.ci|infra)\/[\w./-]+/g)].map(([file]) => file)
    expect([...new Set(files)].sort()).toEqual(['.ci/run'])
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})

describe('test.yml', () => {
  const { test, gate, bicep } = workflow('test.yml').jobs

  it('runs the same on three systems with two versions of Node.js', () => {
    expect(test?.strategy?.matrix).toEqual({
      os: ['ubuntu-latest', 'macos-latest', 'windows-latest'],
      node: [22, 24],
    })
    expect(commands(test)).toEqual(expect.arrayContaining(['npm ci', 'npm test']))
    expect(commands(gate)).toEqual(['.ci/run'])
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

  it('compiles the infrastructure with one version of Bicep, and runs the tests that need it', () => {
    const [, install = '', ...checks] = commands(bicep)
    expect(install).toMatch(/^az bicep install --version v\d+\.\d+\.\d+$/)
    expect(checks).toEqual(['npm run check:infra', 'npm test -- test/infra test/deployDocs.test.ts'])
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
      ['reproduce', 'package'],
      ['attest', 'reproduce'],
      ['publish', 'attest'],
    ])
    expect(commands(all['package'])).toEqual(
      expect.arrayContaining(['npm ci', 'npm test', 'npm run package']),
    )
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
    ['github-actions', '/', 'weekly'],
  ])
})
