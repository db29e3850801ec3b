import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, projectFile } from './pages.ts'

const root = join(import.meta.dirname, '..')

interface Link {
  readonly text: string
  readonly target: string
}

const withoutBlocks = (markdown: string): string => markdown.replaceAll(/^```[^]*?^```$/gm, '')

const linksIn = (markdown: string): readonly Link[] =>
  [...withoutBlocks(markdown).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, text = '', target = '']) => ({
    text: text.replaceAll('`', ''),
    target,
  }))

/** The anchors that GitHub makes of headings. */
const anchorsIn = (markdown: string): readonly string[] =>
  [...withoutBlocks(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Tells whether a source declares a name, at its top level. */
const declares = (source: string, name: string): boolean =>
  new RegExp(`^(export )?(const|class|interface|type|function|async function) ${name}\\b`, 'm').test(source)

/** Tells what is wrong with a link; undefined where it leads to what it says. */
const faultOf = (page: string, { text, target }: Link): string | undefined => {
  if (/^https?:/.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : relative(root, join(root, dirname(page), path)).replaceAll('\\', '/')
  if (!existsSync(join(root, file))) return `${page}: no ${file}`
  if (anchor !== undefined && !anchorsIn(projectFile(file)).includes(anchor))
    return `${page}: no heading ${anchor} in ${file}`
  if (!file.endsWith('.ts') || text === file || text === basename(file)) return undefined
  return declares(projectFile(file), text.replace(/\(\)$/, '')) ? undefined : `${page}: no ${text} in ${file}`
}

const faultsOf = (page: string, markdown: string): readonly string[] =>
  linksIn(markdown).flatMap((link) => faultOf(page, link) ?? [])

describe('links', () => {
  it.each(pages)('of %s lead to what they say', (page) => {
    expect(faultsOf(page, projectFile(page))).toEqual([])
  })

  it('would be seen leading elsewhere', () => {
    const links = [
      '[a](nowhere.md)',
      '[b](README.md#nowhere)',
      '[c](README.md#start)',
      '[verify()](test/pages.ts)',
      '[`blocksIn()`](test/pages.ts)',
      '[test/pages.ts](test/pages.ts)',
    ]
    expect(faultsOf('README.md', links.join(' '))).toEqual([
      'README.md: no nowhere.md',
      'README.md: no heading nowhere in README.md',
      'README.md: no verify() in test/pages.ts',
    ])
    expect(declares("// const parseUpn\nimport { parseUpn } from 'x'", 'parseUpn')).toBe(false)
    expect(declares('export const parse = 1', 'parseUpn')).toBe(false)
  })
})

describe('docs/architecture.md', () => {
  const map = projectFile('docs/architecture.md')

  it('leads to functions of the code in some number', () => {
    expect(linksIn(map).filter(({ target }) => target.endsWith('.ts')).length).toBeGreaterThan(50)
  })

  it('answers each question where something is by the link to a declaration', () => {
    const [, table = ''] = map.split('\n## Where is ...?\n')
    const rows = [...(table.split('\n## ')[0] ?? '').matchAll(/^\| ([^|]+\?) \| (.*) \|$/gm)]
    expect(rows.length).toBeGreaterThanOrEqual(10)
    for (const [, question, answer = ''] of rows)
      expect(
        linksIn(answer).some(({ text, target }) => target.endsWith('.ts') && /^\w+(\(\))?$/.test(text)),
        question,
      ).toBe(true)
  })
})

describe('README.md', () => {
  const readme = projectFile('README.md')

  it('is read in a few minutes: 120 lines', () => {
    expect(readme.trim().split('\n').length).toBeLessThanOrEqual(120)
  })

  it('has the one index, which lists every document once', () => {
    const [, index = ''] = readme.split('\n## Documents\n')
    const rows = [...index.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \|/gm)].map(([, ...row]) => row)
    const targets = rows.map(([, target = '']) => target)
    expect(targets.toSorted()).toEqual(pages.filter((page) => page.startsWith('docs/')).toSorted())
    for (const [text, target] of rows) expect(text).toBe(target)
  })
})

it.each(pages.filter((page) => page.startsWith('docs/')))('%s says at its top whom it is for', (page) => {
  expect(projectFile(page)).toMatch(/^# .+\n\nFor /)
})

describe('what code and pages cite', () => {
  const folders = ['lib', 'functions', 'client', 'cli', 'local', 'tools', 'bench', 'infra', 'test']
  const sources = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs|bicep)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  )

  it('is in this repository: documents by comments and refusals', () => {
    const cited = sources.flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/\b(docs\/[\w-]+\.md)(?:, "([^"]+)")?/g),
    ])
    expect(cited.length).toBeGreaterThan(20)
    for (const [all, page = '', heading] of cited) {
      expect(pages).toContain(page)
      if (heading !== undefined) expect(projectFile(page), all).toMatch(new RegExp(`^#+ ${heading}$`, 'm'))
    }
  })

  it('is in this repository: files by pages', () => {
    const named = pages.flatMap((page) =>
      [
        ...withoutBlocks(projectFile(page)).matchAll(
          /`((?:lib|cli|client|local|infra|test|tools|docs|bench)\/[\w./-]*)`/g,
        ),
      ].map(([, file = '']) => [page, file] as const),
    )
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter(([, file]) => !existsSync(join(root, file)))).toEqual([])
  })
})

it('every dependency has its line in docs/dependencies.md, and each line its dependency', () => {
  const needed = ['package.json', 'tools/executables/package.json'].flatMap((file) => {
    const { dependencies, devDependencies } = JSON.parse(projectFile(file)) as {
      dependencies: Record<string, string>
      devDependencies?: Record<string, string>
    }
    return Object.keys({ ...dependencies, ...devDependencies })
  })
  const rows = [...projectFile('docs/dependencies.md').matchAll(/^\| (`[^|]*`) \|/gm)]
  const listed = rows.flatMap(([, names = '']) => names.split(', ').map((name) => name.replaceAll('`', '')))
  expect(listed.toSorted()).toEqual(needed.toSorted())
})

it('every setting that the service reads stands in the table of docs/configuration.md, and no other', () => {
  const namesIn = (text: string) => [...text.matchAll(/\bMAYFLY_[A-Z_]+/g)].map(([name]) => name)
  const read = ['lib', 'functions'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => namesIn(projectFile(`${folder}/${name}`))),
  )
  const [, table = ''] = projectFile('docs/configuration.md').split('| setting | meaning |\n')
  const rows = (table.split('\n\n')[0] ?? '').split('\n').flatMap(namesIn)
  expect(read.length).toBeGreaterThan(10)
  expect([...new Set(rows)].toSorted()).toEqual([...new Set(read)].toSorted())
})
