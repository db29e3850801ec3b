import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rules } from './architecture/rules.ts'
import { importsOf, type Source, treeOf } from './architecture/tree.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const sourcesIn = (folder: string): readonly Source[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'))
    .map((path) => ({ file: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))

const sources = ['lib', 'functions', 'client', 'cli', 'local', 'tools', 'bench'].flatMap(sourcesIn)
const tree = treeOf(readFileSync(join(root, 'docs/architecture.md'), 'utf8'), sources)

const page = `
## Folders and what they may import
| place | does | may import |
|---|---|---|
| \`lib/app.ts\` | | \`lib/*\` |
| \`lib/low\` | | |
| \`lib/high\` | | \`lib/low\` |
| \`cli\` | | \`lib/*\` |

## Packages and their homes
| package | may be imported by |
|---|---|
| \`@known/one\` | \`lib/low\` |
`

/** A tree that breaks no rule. */
const sound = {
  'lib/app.ts': `import { low } from './low/low.ts'\nexport const app = () => [low, Date.now()]\n`,
  'lib/low/low.ts': `import one from '@known/one/part'\nexport const low = one(new Date(0))\n`,
  'lib/high/high.ts': `import { low } from '../low/low.ts'\nexport const high = low\n`,
  'cli/program.ts': `await import('../lib/high/high.ts')\n`,
}

const planted = (files: Readonly<Record<string, string>>) =>
  treeOf(
    page,
    Object.entries({ ...sound, ...files }).map(([file, text]) => ({ file, text })),
  )

type RuleName = keyof typeof rules

/** A wrong file for each way to break a rule, put into the sound tree, and what the rule says of it. */
const wrongs: readonly (readonly [rule: RuleName, file: string, text: string, ...says: string[]])[] = [
  ['placed', 'lib/new/new.ts', 'export const new = 1', 'lib/new/new.ts has no row'],
  ['importsPermitted', 'lib/low/up.ts', `import '../high/high.ts'`, 'lib/low/up.ts imports lib/high'],
  [
    'importsPermitted',
    'lib/low/up.ts',
    `export type {\n  A,\n} from '../high/high.ts'`,
    'lib/low/up.ts imports lib/high',
  ],
  ['importsPermitted', 'lib/low/up.ts', `await import("../high/high.ts")`, 'lib/low/up.ts imports lib/high'],
  [
    'importsPermitted',
    'lib/low/up.ts',
    `import type { App } from '../app.ts'`,
    'lib/low/up.ts imports lib/app.ts',
  ],
  ['importsPermitted', 'lib/high/up.ts', `import '../../cli/program.ts'`, 'lib/high/up.ts imports cli'],
  ['permissionsUsed', 'lib/high/high.ts', 'export const high = 1', 'lib/high never imports lib/low'],
  ['permissionsUsed', 'cli/program.ts', `import '../high/high.ts'`, 'cli never imports lib/*'],
  ['packagesAtHome', 'lib/high/one.ts', `import '@known/one'`, 'lib/high/one.ts imports @known/one'],
  ['packagesAtHome', 'lib/low/two.ts', `import '@known/two'`, 'lib/low/two.ts imports @known/two'],
  ['homesUsed', 'lib/low/low.ts', '', 'lib/low never imports @known/one'],
  ...[
    'const now = Date.now()',
    'const options = { now: Date.now }',
    'const now = performance.now',
    'const now = new Date()',
    'const now = new Date',
    'const level = process.env.LEVEL',
    'const dice = Math.random',
    'const options = { uuid: randomUUID }',
    `import { randomBytes as octets } from 'node:crypto'`,
    'crypto.getRandomValues(octets)',
  ].map(
    (text) => ['ambientAtRoots', 'lib/high/own.ts', text, 'lib/high/own.ts reads what is around it'] as const,
  ),
  ['ambientAtRoots', 'lib/app.ts', '// Date.now()', 'lib/app.ts is excepted for nothing'],
  ['printedOnce', 'cli/print.ts', 'console.log(1)', 'cli/print.ts prints'],
  ['printedOnce', 'local/print.ts', 'process.stdout.write(text)', 'local/print.ts prints'],
  ...['claim', 'type Prepared, spend', 'spend as use'].map(
    (names) =>
      [
        'signedByKeys',
        'lib/high/own.ts',
        `import { ${names} } from '../prepared/prepared.ts'`,
        `lib/high/own.ts may not ${names.includes('claim') ? 'claim' : 'spend'}`,
      ] as const,
  ),
  ...[`import { hash, sign } from 'node:crypto'`, 'crypto.subtle.sign()', 'createSign()'].map(
    (text) => ['signedByKeys', 'lib/high/own.ts', text, 'lib/high/own.ts signs'] as const,
  ),
  ...[
    'export const other = 1',
    'export interface Other {}\nexport function other() {}',
    'export { one as other }',
    'const own = 1\nexport type { Other }',
  ].map((text) => ['namedByExport', 'cli/own.ts', text, 'cli/own.ts exports nothing of its name'] as const),
  ...['cli/utils.ts', 'lib/helpers/one.ts', 'lib/index.ts', 'lib/high/Types.ts', 'cli/misc/one.ts'].map(
    (file) => ['namesThatTell', file, '', `${file} could hold anything`] as const,
  ),
  ...[
    `export * from './high.ts'`,
    `export { high } from './high.ts'\nexport const own = 1`,
    `export type { High } from './high.ts'`,
  ].map(
    (text) => ['noBarrels', 'lib/high/own.ts', text, `lib/high/own.ts exports what is another's`] as const,
  ),
  ['shortFiles', 'cli/long.ts', '\n'.repeat(300) + '1', 'cli/long.ts has more than 300 lines'],
]

describe.each(Object.keys(rules) as RuleName[])('the rule %s', (name) => {
  it('is kept', () => expect(rules[name](tree)).toEqual([]))

  it('finds nothing in a sound tree', () => expect(rules[name](planted({}))).toEqual([]))

  const wrong = wrongs.filter(([rule]) => rule === name)
  it('has a tree that breaks it', () => expect(wrong.length).toBeGreaterThan(0))

  it.each(wrong)('%s finds what is wrong in %s: %s', (_, file, text, ...says) =>
    expect(rules[name](planted({ [file]: text }))).toEqual(says),
  )
})

describe('the rules', () => {
  /** As many as there are today: whoever merges files lowers the floors. */
  it('see the sources and their imports', () => {
    expect(sources.length).toBeGreaterThanOrEqual(335)
    expect(sources.flatMap(importsOf).length).toBeGreaterThanOrEqual(1900)
  })

  it('miss a place without files', () => {
    expect(rules.placed(treeOf(page, []))).toContain('lib/low has no file')
  })
})
