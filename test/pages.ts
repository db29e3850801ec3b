import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Reads a file of the project. */
export const projectFile = (name: string): string => readFileSync(join(root, name), 'utf8')

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)

/** Names every page that a reader is given. */
export const pages = [
  'README.md',
  'CHANGELOG.md',
  ...pagesIn('docs'),
  ...pagesIn('.github'),
  'infra/attestation/README.md',
  'infra/client/intune/README.md',
]

/** One fenced block of a page. */
export interface Block {
  /** The words after the fence: `sh`, `sh azure`, `kql`, ... */
  readonly language: string
  readonly text: string
}

/**
 * Reads the fenced blocks of a page.
 * @throws where a fence is indented or not closed: what follows it would be taken for something else.
 */
export const blocksOf = (markdown: string): readonly Block[] => {
  const blocks: Block[] = []
  let open: { readonly language: string; readonly lines: string[] } | undefined
  for (const line of markdown.split('\n')) {
    const [, mark] = /^```([a-z ]*)$/.exec(line) ?? []
    if (mark === undefined && line.includes('```')) throw new Error(`A fence stands in a line: ${line}`)
    if (mark === undefined) open?.lines.push(line)
    else if (open === undefined) open = { language: mark, lines: [] }
    else if (mark === '') {
      blocks.push({ language: open.language, text: open.lines.join('\n') })
      open = undefined
    } else throw new Error(`A fence is not closed before: ${line}`)
  }
  if (open !== undefined) throw new Error('A fence is not closed at the end.')
  return blocks
}

/** The texts of the blocks in one language. */
export const blocksIn = (language: string, markdown: string): readonly string[] =>
  blocksOf(markdown)
    .filter((block) => block.language === language)
    .map(({ text }) => text)
