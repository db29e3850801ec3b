import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const map = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

/** Reads the rows of the table under a heading of docs/architecture.md; names stand between backquotes. */
const rowsUnder = (heading: string): readonly (readonly string[])[] => {
  const [, section = ''] = map.split(`\n## ${heading}\n`)
  const lines = section.split('\n## ')[0]?.split('\n') ?? []
  return lines
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

const namesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

/** What each place may import: the dependency rule, top to bottom. */
const places = new Map(
  rowsUnder('Folders and what they may import').map(([, place, , imports]) => [
    namesIn(place)[0] ?? '',
    namesIn(imports),
  ]),
)

/** The only places that may import a package; what is not listed here may be imported nowhere. */
const homes = new Map(
  rowsUnder('Packages and their homes').map(([, name, homeCell]) => [
    namesIn(name)[0] ?? '',
    namesIn(homeCell),
  ]),
)

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

/** The row of the table that a file belongs to: itself, or the nearest folder that has one. */
const placeOf = (file: string): string => {
  if (places.has(file) || !file.includes('/')) return file
  return placeOf(dirname(file))
}

const targetOf = ({ file }: Source, specifier: string): string =>
  relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/')

/** `lib/*` stands for all of lib/. */
const covers = (allowed: string, to: string): boolean =>
  allowed === to || (allowed.endsWith('/*') && to.startsWith(allowed.slice(0, -1)))

const isAllowed = (from: string, to: string): boolean =>
  from === to || (places.get(from) ?? []).some((allowed) => covers(allowed, to))

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the dependency rule', () => {
  it('sees the sources', () => {
    expect(sources.length).toBeGreaterThan(60)
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(250)
    expect(sources.filter(({ file }) => !places.has(placeOf(file))).map(({ file }) => file)).toEqual([])
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
        .filter((specifier) => !(homes.get(packageOf(specifier)) ?? []).includes(placeOf(source.file)))
        .map((specifier) => `${source.file} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('permits nothing that nobody uses', () => {
    const used = new Set(
      sources.flatMap((source) =>
        importsOf(source)
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => `${placeOf(source.file)} ${placeOf(targetOf(source, specifier))}`),
      ),
    )
    const unused = [...places].flatMap(([from, allowed]) =>
      allowed
        .filter((name) => !name.endsWith('/*') && !used.has(`${from} ${name}`))
        .map((name) => `${from}: ${name}`),
    )
    expect(unused).toEqual([])
  })

  it('lets only composition roots read the environment, the clock and chance', () => {
    const ambient =
      /\bprocess\.env\b|\bDate\.now\(|new Date\(\)|\bMath\.random\(|\brandomBytes\(|\brandomUUID\(|performance\.now\(/
    // Drafts of files need names of their own, locks beat by the machine's clock, making keys is chance by nature, and a
    // process has one sign-in, whose tokens end.
    const exceptions = [
      'lib/app.ts',
      'lib/settings.ts',
      'lib/keys/localKeys.ts',
      'lib/files/replaceFile.ts',
      'lib/files/withFolderLock.ts',
      'lib/deployment/developerCredential.ts',
    ]
    const wrong = sources
      .filter(({ file }) => /^(lib|functions)\//.test(file) && !exceptions.includes(file))
      .filter(({ text }) => ambient.test(text))
    expect(wrong.map(({ file }) => file)).toEqual([])
  })

  it('lets one file of the CLI and the local host print, which escapes what terminals obey', () => {
    const prints = /\bconsole\.|process\.std(out|err)\b/
    const found = sources.filter(
      ({ file, text }) => /^(cli|local|client|lib\/terminal)\//.test(file) && prints.test(text),
    )
    expect(found.map(({ file }) => file)).toEqual(['lib/terminal/writeResult.ts'])
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
