import { dirname, join } from 'node:path/posix'

/** A source file, by its path from the root. */
export interface Source {
  readonly file: string
  readonly text: string
}

/** The sources, and what docs/architecture.md says of them. */
export interface Tree {
  readonly sources: readonly Source[]
  /** The places that each place may import. */
  readonly places: ReadonlyMap<string, readonly string[]>
  /** The places that may import each package. */
  readonly homes: ReadonlyMap<string, readonly string[]>
}

const namesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

/** Reads a column of the table under a heading of docs/architecture.md, by the name in its first; names stand between backquotes. */
const tableUnder = (map: string, heading: string, column: number): ReadonlyMap<string, readonly string[]> => {
  const [, section = ''] = map.split(`\n## ${heading}\n`)
  const lines = section.split('\n## ')[0]?.split('\n') ?? []
  const rows = lines.filter((line) => line.startsWith('| `')).map((line) => line.split('|'))
  return new Map(rows.map((cells) => [namesIn(cells[1])[0] ?? '', namesIn(cells[column])]))
}

export const treeOf = (map: string, sources: readonly Source[]): Tree => ({
  sources,
  places: tableUnder(map, 'Folders and what they may import', 3),
  homes: tableUnder(map, 'Packages and their homes', 2),
})

/** Import and export clauses, bare imports and dynamic ones; type-only ones count. */
const importForms = [
  /^(?:import|export)\s[^'"=]*?\bfrom\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

export const importsOf = ({ text }: Source): readonly string[] =>
  importForms.flatMap((form) => [...text.matchAll(form)].map(([, specifier = '']) => specifier))

/** Finds the row that a file belongs to: its own, or that of the nearest folder that has one. */
export const placeOf = ({ places }: Tree, file: string): string =>
  places.has(file) || !file.includes('/') ? file : placeOf({ places } as Tree, dirname(file))

/** An import of a file or package by a source. */
interface Import {
  readonly file: string
  readonly from: string
  readonly specifier: string
}

const allImports = (tree: Tree): readonly Import[] =>
  tree.sources.flatMap((source) =>
    importsOf(source).map((specifier) => ({
      file: source.file,
      from: placeOf(tree, source.file),
      specifier,
    })),
  )

/** Imports between places. */
export const importsBetween = (tree: Tree) =>
  allImports(tree)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ file, from, specifier }) => ({
      file,
      from,
      to: placeOf(tree, join(dirname(file), specifier)),
    }))
    .filter(({ from, to }) => from !== to)

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** Imports of packages, without those of Node.js. */
export const importsOfPackages = (tree: Tree) =>
  allImports(tree)
    .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map(({ file, from, specifier }) => ({ file, from, name: packageOf(specifier) }))
