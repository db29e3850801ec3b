import { type Directive, unquoted } from './directive.ts'

/** How a format of nested sections ends a statement, where a comment may begin, and what it quotes by. */
export interface SectionFormat {
  readonly end: '\n' | ';'
  /** nginx takes a # within a word for a part of it. */
  readonly commentsAnywhere: boolean
  /** Whether texts stand between single quotes, too, and a backslash joins lines. strongSwan takes both for themselves. */
  readonly isShellLike: boolean
}

/** swanctl.conf and strongswan.conf. */
export const strongSwanFormat: SectionFormat = { end: '\n', commentsAnywhere: true, isShellLike: false }

/** The files of FreeRADIUS. */
export const freeRadiusFormat: SectionFormat = { end: '\n', commentsAnywhere: true, isShellLike: true }

/** nginx. */
export const nginxFormat: SectionFormat = { end: ';', commentsAnywhere: false, isShellLike: true }

/**
 * The pieces that text is made of: regular expressions of FreeRADIUS, quoted texts, which begin no word that has begun, expansions such as `${a}` and `%{b:%{c}}`,
 * comments, and single characters.
 */
const pieceForm =
  /(?<=[=!]~ *)\/(?:[^/\\\n]|\\.)*\/|(?<![\w\\])"(?:[^"\\]|\\.)*"|(?<![\w\\])'(?:[^'\\]|\\.)*'|[$%]\{(?:[^{}]|[$%]\{(?:[^{}]|[$%]\{[^{}]*\})*\})*\}|#[^\n]*|\\\n|[^]/gs

/** The same where only double quotes mean something, and nothing is expanded. */
const plainPieceForm = /"(?:[^"\\]|\\.)*"|#[^\n]*|[^]/gs

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
  for (const [piece] of text.matchAll(format.isShellLike ? pieceForm : plainPieceForm)) {
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
