import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each folder of lib/ may import: the dependency rule, top to bottom. */
const lib: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  telemetry: ['errors'],
  text: [],
  json: ['text'],
  limit: ['errors'],
  x509: ['errors', 'text'],
  bundle: ['errors', 'text', 'json', 'x509'],
  profile: ['errors', 'x509'],
  keys: ['errors', 'x509'],
  store: ['errors'],
  tenant: ['errors', 'profile', 'store'],
  token: ['errors', 'text', 'json', 'x509', 'tenant'],
  policy: ['errors', 'tenant', 'token'],
  authority: ['errors', 'limit', 'x509', 'bundle', 'profile', 'keys', 'store', 'tenant'],
  issuance: ['errors', 'x509', 'profile', 'keys', 'tenant', 'token', 'policy', 'authority'],
  ledger: ['errors', 'limit', 'store', 'policy'],
  enroll: [
    'errors',
    'telemetry',
    'limit',
    'x509',
    'profile',
    'keys',
    'store',
    'tenant',
    'token',
    'policy',
    'authority',
    'issuance',
    'ledger',
  ],
  http: ['errors', 'telemetry', 'text', 'json'],
}

/** What each other place may import: folders of lib/ by name, `lib/*` for all of them, other top folders by name. */
const outside: Readonly<Record<string, readonly string[]>> = {
  'lib/app.ts': ['lib/*'],
  'lib/settings.ts': ['lib/*'],
  functions: [
    'lib/app.ts',
    'lib/settings.ts',
    'lib/http',
    'lib/errors',
    'lib/text',
    'lib/x509',
    'lib/authority',
  ],
  client: ['lib/errors', 'lib/text', 'lib/json', 'lib/x509', 'lib/bundle'],
  cli: ['client', 'lib/*'],
  local: ['client', 'cli', 'lib/*', 'functions'],
  tools: ['local', 'lib/*'],
  bench: ['lib/*', 'functions', 'test'],
}

/** The only places that may import a package; what is not listed here may be imported nowhere. */
const homes: Readonly<Record<string, readonly string[]>> = {
  '@azure/data-tables': ['lib/store'],
  '@azure/functions': ['lib/http', 'functions', 'bench'],
  '@azure/identity': ['lib/settings.ts', 'cli'],
  '@azure/keyvault-keys': ['lib/keys'],
  '@azure/monitor-opentelemetry-exporter': ['lib/telemetry'],
  '@opentelemetry/api': ['lib/telemetry'],
  '@opentelemetry/exporter-metrics-otlp-http': ['lib/telemetry'],
  '@opentelemetry/exporter-trace-otlp-http': ['lib/telemetry'],
  '@opentelemetry/resources': ['lib/telemetry'],
  '@opentelemetry/sdk-metrics': ['lib/telemetry'],
  '@opentelemetry/sdk-trace-base': ['lib/telemetry'],
  '@peculiar/x509': ['lib/x509', 'bench'],
  'reflect-metadata': ['lib/x509', 'bench'],
  jose: ['lib/token', 'lib/bundle', 'local', 'bench'],
  zod: ['lib/tenant', 'lib/policy', 'lib/http'],
  esbuild: ['tools'],
}

interface Source {
  /** Relative to the root, with forward slashes. */
  readonly file: string
  readonly text: string
}

const sourcesIn = (folder: string): readonly Source[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ file: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))

const sources = ['lib', 'functions', 'client', 'cli', 'local', 'tools', 'bench'].flatMap(sourcesIn)

/** Import and export clauses, bare imports and dynamic ones; type-only ones count. */
const importForms = [
  /^(?:import|export)\s[^'"=]*?\bfrom\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

const importsOf = ({ text }: Source): readonly string[] =>
  importForms.flatMap((form) => [...text.matchAll(form)].map(([, specifier = '']) => specifier))

/** `lib/x509`, `lib/app.ts`, `cli`: the place of the table that a file belongs to. */
const placeOf = (file: string): string => {
  const [top = '', second = ''] = file.split('/')
  return top === 'lib' ? `lib/${second}` : top
}

const targetOf = ({ file }: Source, specifier: string): string =>
  relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/')

const allowedFor = (place: string): readonly string[] => {
  const folder = place.startsWith('lib/') && !place.endsWith('.ts') ? lib[place.slice(4)] : undefined
  return folder ? folder.map((name) => `lib/${name}`) : (outside[place] ?? [])
}

const isAllowed = (from: string, to: string): boolean =>
  from === to ||
  allowedFor(from).some((allowed) => allowed === to || (allowed === 'lib/*' && to.startsWith('lib/')))

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the dependency rule', () => {
  it('sees the sources', () => {
    expect(sources.length).toBeGreaterThan(60)
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(250)
    const folders = readdirSync(join(root, 'lib'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(lib).sort())
  })

  it('sees every import of a file, on one line or several', () => {
    const text = `import 'a'\nimport b from 'b'\nimport {\n  c,\n} from 'c'\nexport type { d } from 'd'\nawait import('e')\n`
    expect(importsOf({ file: 'x.ts', text })).toEqual(['b', 'c', 'd', 'a', 'e'])
  })

  it('lets imports go down the table and never up', () => {
    const wrong = sources.flatMap((source) =>
      importsOf(source)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => ({ from: placeOf(source.file), to: placeOf(targetOf(source, specifier)) }))
        .filter(({ from, to }) => !isAllowed(from, to))
        .map(({ to }) => `${source.file} imports ${to}`),
    )
    expect(wrong).toEqual([])
  })

  it('keeps each package in its home', () => {
    const wrong = sources.flatMap((source) =>
      importsOf(source)
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter((specifier) => !(homes[packageOf(specifier)] ?? []).includes(placeOf(source.file)))
        .map((specifier) => `${source.file} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('lets only composition roots read the environment, the clock and chance', () => {
    const ambient =
      /\bprocess\.env\b|\bDate\.now\(|new Date\(\)|\bMath\.random\(|\brandomBytes\(|\brandomUUID\(|performance\.now\(/
    // A key file needs a draft name of its own, and making keys is chance by nature.
    const exceptions = ['lib/app.ts', 'lib/settings.ts', 'lib/keys/local.ts']
    const wrong = sources
      .filter(({ file }) => /^(lib|functions)\//.test(file) && !exceptions.includes(file))
      .filter(({ text }) => ambient.test(text))
    expect(wrong.map(({ file }) => file)).toEqual([])
  })

  it('lets one file of the CLI and the local host print, which escapes what terminals obey', () => {
    const prints = /\bconsole\.|process\.std(out|err)\b/
    const found = sources.filter(({ file, text }) => /^(cli|local|client)\//.test(file) && prints.test(text))
    expect(found.map(({ file }) => file)).toEqual(['cli/output.ts'])
  })

  it('names files by their main export, without barrels and leftovers', () => {
    const vague = sources.filter(({ file }) =>
      /(^|\/)(utils?|helpers?|common|types|index|misc)(\/|\.ts$)/i.test(file),
    )
    expect(vague.map(({ file }) => file)).toEqual([])
    const barrels = sources.filter(({ text }) => /^(export (\*|\{[^}]*\}) from .*\n?)+$/.test(text.trim()))
    expect(barrels.map(({ file }) => file)).toEqual([])
  })
})
