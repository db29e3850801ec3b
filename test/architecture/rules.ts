import { basename } from 'node:path/posix'
import { importsBetween, importsOfPackages, placeOf, type Source, type Tree } from './tree.ts'

/** Finds what breaks a rule, a line each. */
type Rule = (tree: Tree) => readonly string[]

/** Every file has a row in the table, and every row a file. */
const placed: Rule = (tree) => {
  const found = tree.sources.map(({ file }) => ({ file, place: placeOf(tree, file) }))
  return [
    ...found.filter(({ place }) => !tree.places.has(place)).map(({ file }) => `${file} has no row`),
    ...[...tree.places.keys()]
      .filter((name) => !found.some(({ place }) => place === name))
      .map((place) => `${place} has no file`),
  ]
}

/** `lib/*` stands for all of lib/. */
const covers = (allowed: string, to: string): boolean =>
  allowed === to || (allowed.endsWith('/*') && to.startsWith(allowed.slice(0, -1)))

const importsPermitted: Rule = (tree) =>
  importsBetween(tree)
    .filter(({ from, to }) => !(tree.places.get(from) ?? []).some((allowed) => covers(allowed, to)))
    .map(({ file, to }) => `${file} imports ${to}`)

const permissionsUsed: Rule = (tree) => {
  const used = importsBetween(tree)
  return [...tree.places].flatMap(([place, permitted]) =>
    permitted
      .filter((name) => !used.some(({ from, to }) => from === place && covers(name, to)))
      .map((name) => `${place} never imports ${name}`),
  )
}

const packagesAtHome: Rule = (tree) =>
  importsOfPackages(tree)
    .filter(({ from, name }) => !(tree.homes.get(name) ?? []).includes(from))
    .map(({ file, name }) => `${file} imports ${name}`)

const homesUsed: Rule = (tree) => {
  const used = importsOfPackages(tree)
  return [...tree.homes].flatMap(([name, homes]) =>
    homes
      .filter((home) => !used.some((one) => one.from === home && one.name === name))
      .map((home) => `${home} never imports ${name}`),
  )
}

/**
 * Compose the app, or need chance or a clock by nature: drafts and marks need names of their own, locks beat by the
 * machine's clock, keys are made by chance, and a process has one sign-in, whose tokens end.
 */
const compositionRoots = [
  'lib/app.ts',
  'lib/settings.ts',
  'lib/keys/localKeys.ts',
  'lib/files/draftOf.ts',
  'lib/files/withFolderLock.ts',
  'lib/files/lockTicket.ts',
  'lib/deployment/developerCredential.ts',
]

/** Called, passed around or imported alike: whoever has the function can use it. */
const ambient =
  /\bprocess\.(?:env|hrtime)\b|\b(?:Date|performance)\.now\b|\bnew Date\b(?!\((?!\)))|\bMath\.random\b|\brandom(?:Bytes|UUID|Int|Fill(?:Sync)?)\b|\bgetRandomValues\b/

const code = (text: string): string => text.replaceAll(/\/\*\*[^]*?\*\/|^\s*\/\/.*$/gm, '')

/** Only composition roots read the environment, the clock and chance; and each of them does. */
const ambientAtRoots: Rule = ({ sources }) => {
  const reading = sources.filter(
    ({ file, text }) => /^(lib|functions)\//.test(file) && ambient.test(code(text)),
  )
  const files = reading.map(({ file }) => file)
  return [
    ...files
      .filter((file) => !compositionRoots.includes(file))
      .map((file) => `${file} reads what is around it`),
    ...compositionRoots
      .filter((file) => sources.some((source) => source.file === file) && !files.includes(file))
      .map((file) => `${file} is excepted for nothing`),
  ]
}

const printer = 'lib/terminal/writeResult.ts'

/** One file of the CLI and the local host prints, which escapes what terminals obey. */
const printedOnce: Rule = ({ sources }) =>
  sources
    .filter(({ file }) => /^(cli|local|client|lib\/terminal)\//.test(file) && file !== printer)
    .filter(({ text }) => /\bconsole\.|process\.std(out|err)\b/.test(text))
    .map(({ file }) => `${file} prints`)

const exportedNames = (text: string): readonly string[] => [
  ...[...text.matchAll(/^export (?:async )?(?:const|function\*?|class|type|interface) (\w+)/gm)].map(
    ([, name = '']) => name,
  ),
  ...[...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim().split(' as ').at(-1) ?? ''),
  ),
]

const isNamed = ({ file, text }: Source): boolean => {
  const names = exportedNames(text).map((name) => name.charAt(0).toLowerCase() + name.slice(1))
  return names.length === 0 || names.includes(basename(file, '.ts'))
}

/** The one file that claims what is prepared, and the two kinds of keys that spend it. */
const signing: Readonly<Record<string, string>> = {
  'lib/keys/signPrepared.ts': 'claim',
  'lib/keys/localKeys.ts': 'spend',
  'lib/keys/keyVaultSigners.ts': 'spend',
}

/** Octets reach a key by way of signPrepared() alone: nobody else claims, spends, or signs with a key of its own. */
const signedByKeys: Rule = ({ sources }) =>
  sources
    .filter(({ file }) => file !== 'lib/prepared/prepared.ts' && /^(lib|functions|cli)\//.test(file))
    .flatMap(({ file, text }) => {
      const [, names = ''] = /^import \{([^}]*)\} from '[^']*\/prepared\.ts'/m.exec(text) ?? []
      const used = ['claim', 'spend'].filter((name) => new RegExp(`\\b${name}\\b`).test(names))
      const own =
        file !== 'lib/keys/localKeys.ts' &&
        /\bsign\b[^}]*\} from 'node:crypto'|\bcreateSign\b|\bsubtle\b/.test(text)
      return [
        ...used.filter((name) => signing[file] !== name).map((name) => `${file} may not ${name}`),
        ...(own ? [`${file} signs`] : []),
      ]
    })

/** A file has the name of one of its exports; only programs have none. */
const namedByExport: Rule = ({ sources }) =>
  sources.filter((source) => !isNamed(source)).map(({ file }) => `${file} exports nothing of its name`)

/** Names under which anything could be. */
const namesThatTell: Rule = ({ sources }) =>
  sources
    .filter(({ file }) => /(^|\/)(utils?|helpers?|common|types|index|misc)(\/|\.ts$)/i.test(file))
    .map(({ file }) => `${file} could hold anything`)

const noBarrels: Rule = ({ sources }) =>
  sources
    .filter(({ text }) => /^export (type )?(\*|\{[^}]*\})( as \w+)? from /m.test(text))
    .map(({ file }) => `${file} exports what is another's`)

const mostLines = 300

const shortFiles: Rule = ({ sources }) =>
  sources
    .filter(({ text }) => text.trimEnd().split('\n').length > mostLines)
    .map(({ file }) => `${file} has more than ${mostLines} lines`)

/** The rules that the sources keep, by name. */
export const rules = {
  placed,
  importsPermitted,
  permissionsUsed,
  packagesAtHome,
  homesUsed,
  ambientAtRoots,
  printedOnce,
  signedByKeys,
  namedByExport,
  namesThatTell,
  noBarrels,
  shortFiles,
}
