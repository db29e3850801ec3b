import { type Directive, unquoted } from './directive.ts'

/** How a format of nested sections ends a statement, and where a comment may begin. */
export interface SectionFormat {
  readonly end: '\n' | ';'
  /** nginx takes a # within a word for a part of it. */
  readonly commentsAnywhere: boolean
}

/** swanctl.conf, and the files of FreeRADIUS. */
export const lineEnded: SectionFormat = { end: '\n', commentsAnywhere: true }

/** nginx. */
export const semicolonEnded: SectionFormat = { end: ';', commentsAnywhere: false }

/** The pieces that text is made of: quoted texts, expansions such as `${a}` and `%{b:%{c}}`, comments, and single characters. */
const pieceForm =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[$%]\{(?:[^{}]|[$%]\{(?:[^{}]|[$%]\{[^{}]*\})*\})*\}|#[^\n]*|\\\n|[^]/gs

const words = (text: string): string => text.trim().replace(/\s+/g, ' ')

const assignment = /^([^\s=:+]+)\s*(?::=|\+=|=)\s*(.*)$/s

type Setting = Pick<Directive, 'name' | 'value'>

const settingIn = (statement: string, { end }: SectionFormat): Setting => {
  const [, name, value] = (end === '\n' && assignment.exec(statement)) || []
  if (name !== undefined && value !== undefined) return { name, value: unquoted(value) }
  const [first = '', ...rest] = statement.split(' ')
  return { name: first, value: unquoted(rest.join(' ')) }
}

/**
 * Reads a configuration of nested sections, as far as its settings go: what is no setting is a directive of the name that it
 * begins with, and a section that has nothing in it one without a name. Tolerates whatever it does not know.
 */
export const parseSections = (text: string, format: SectionFormat): readonly Directive[] => {
  const found: Directive[] = []
  const section: string[] = []
  const blocks: number[] = []
  let [statement, opened, isEmpty] = ['', 0, false]
  const add = (setting: Setting) => {
    found.push({ section: [...section], blocks: [...blocks], ...setting })
    isEmpty = false
  }
  const close = () => {
    if (words(statement) !== '') add(settingIn(words(statement), format))
    statement = ''
  }
  for (const [piece] of text.matchAll(pieceForm)) {
    if (piece.startsWith('#') && (format.commentsAnywhere || /(^|\s)$/.test(statement))) continue
    if (piece === format.end || (piece === '\n' && format.end === '\n')) close()
    else if (piece === '{') {
      section.push(words(statement))
      blocks.push((opened += 1))
      ;[statement, isEmpty] = ['', true]
    } else if (piece === '}') {
      close()
      if (isEmpty) add({ name: '', value: '' })
      section.pop()
      blocks.pop()
    } else statement += piece === '\\\n' ? ' ' : piece
  }
  close()
  return found
}
