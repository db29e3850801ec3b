import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFile } from './readersCopy.ts'

const root = join(import.meta.dirname, '..')

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ...(await readdir(join(root, '.github')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `.github/${name}`),
]

interface Link {
  readonly text: string
  readonly target: string
}

const withoutFences = (markdown: string): string => markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')

const linksIn = (markdown: string): readonly Link[] =>
  [...withoutFences(markdown).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, text = '', target = '']) => ({
    text,
    target,
  }))

/** The anchors that GitHub makes of headings. */
const anchorsIn = (markdown: string): readonly string[] =>
  [...withoutFences(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Tells why a link leads nowhere; undefined where it leads somewhere. */
const faultOf = async (page: string, { target }: Link): Promise<string | undefined> => {
  if (/^https?:/.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : relative(root, join(root, dirname(page), path))
  if (!existsSync(join(root, file))) return `${page}: no ${file}`
  if (anchor === undefined || anchorsIn(await projectFile(file)).includes(anchor)) return undefined
  return `${page}: no heading ${anchor} in ${file}`
}

/** Tells whether a source declares a name, at its top level. */
const declares = (source: string, name: string): boolean =>
  new RegExp(`^(export )?(const|class|interface|type|function|async function) ${name}\\b`, 'm').test(source)

const isIdentifier = /^[A-Za-z][A-Za-z0-9]*(\(\))?$/

describe('links', () => {
  it.each(pages)('of %s lead somewhere', async (page) => {
    const faults = await Promise.all(linksIn(await projectFile(page)).map((link) => faultOf(page, link)))
    expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  })

  it('would be seen leading nowhere', async () => {
    const [file, heading, whole] = linksIn('[a](nowhere.md) [b](README.md#nowhere) [c](README.md#start)\n')
    const told = await Promise.all(
      [file, heading, whole].map((link) => faultOf('README.md', link ?? expect.fail())),
    )
    expect(told).toEqual([
      'README.md: no nowhere.md',
      'README.md: no heading nowhere in README.md',
      undefined,
    ])
  })
})

describe('docs/architecture.md', async () => {
  const links = linksIn(await projectFile('docs/architecture.md')).filter(({ text }) =>
    isIdentifier.test(text),
  )
  const sources = links.filter(({ target }) => target.endsWith('.ts'))

  it('names the functions of the code in some number', () => {
    expect(sources.length).toBeGreaterThan(50)
  })

  it.each(sources.map(({ text, target }) => [text.replace('()', ''), target] as const))(
    'leads to %s in %s',
    async (name, target) => {
      expect(declares(await readFile(join(root, 'docs', target), 'utf8'), name)).toBe(true)
    },
  )

  it('would be seen naming what is not there', () => {
    expect(declares('export const parse = 1', 'parseUpn')).toBe(false)
    expect(declares("// const parseUpn\nimport { parseUpn } from 'x'", 'parseUpn')).toBe(false)
  })
})

describe('README.md', async () => {
  const readme = await projectFile('README.md')

  it('is read in a few minutes: 120 lines', () => {
    expect(readme.trim().split('\n').length).toBeLessThanOrEqual(120)
  })

  it('lists every document once', () => {
    const [, index = ''] = readme.split('\n## Documents\n')
    const rows = [...index.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \|/gm)].map(
      ([, text = '', target = '']) => ({ text, target }),
    )
    expect(rows.map(({ target }) => target).toSorted()).toEqual(
      pages.filter((page) => page.startsWith('docs/')).toSorted(),
    )
    for (const { text, target } of rows) expect(text).toBe(target)
  })
})

it('every dependency has its line in docs/dependencies.md, and each line its dependency', async () => {
  const { dependencies, devDependencies } = JSON.parse(await projectFile('package.json')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  const rows = [...(await projectFile('docs/dependencies.md')).matchAll(/^\| (`[^|]*`) \|/gm)]
  const listed = rows.flatMap(([, names = '']) => names.split(', ').map((name) => name.replaceAll('`', '')))
  expect(listed.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).toSorted())
})
