/** What a query may name. */
export interface Vocabulary {
  /** Columns by table. */
  readonly tables: Readonly<Record<string, readonly string[]>>
  /** Custom dimensions by the `name` of what has them. */
  readonly dimensions: Readonly<Record<string, readonly string[]>>
  /** Fields of lines that have none of `event`, and by their event those that have. */
  readonly lines: Readonly<Record<string, readonly string[]>>
  readonly stages: readonly string[]
  /** What may stand between quotes, beside names of metrics and events. */
  readonly words: readonly string[]
}

type Token = { readonly kind: 'word' | 'text' | 'other'; readonly text: string }

const language = new Set(
  `where summarize by extend project and or in not bin ago sum sumif min max avg count countif percentiles tostring toint
   parse_json isnotempty true false`.split(/\s+/),
)

const form = /\s+|\d+(?:\.\d+)?[a-z]*|"([^"\n]*)"|([A-Za-z_]\w*)|==|!=|<=|>=|[|()[\],.<>=+*/-]/y

const tokensOf = (query: string): readonly Token[] => {
  const tokens: Token[] = []
  form.lastIndex = 0
  while (form.lastIndex < query.length) {
    const at = form.lastIndex
    const [all, text, word] = form.exec(query) ?? []
    if (all === undefined) throw new Error(`No KQL at ${JSON.stringify(query.slice(at, at + 20))}.`)
    if (text !== undefined) tokens.push({ kind: 'text', text })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (all.trim()) tokens.push({ kind: 'other', text: all })
  }
  return tokens
}

/** Joins `a.b.c` and `a["b"]` to one word each. */
const pathsOf = (tokens: readonly Token[]): readonly Token[] => {
  const paths: Token[] = []
  for (let index = 0; index < tokens.length; index++) {
    const [token, last] = [tokens[index], paths.at(-1)]
    const next = tokens[index + 1]
    if (!token) continue
    const isMember =
      last?.kind === 'word' && next && (token.text === '.' || (token.text === '[' && next.kind === 'text'))
    if (isMember) {
      paths[paths.length - 1] = { kind: 'word', text: `${last.text}.${next.text}` }
      index += token.text === '.' ? 1 : 2
    } else paths.push(token)
  }
  return paths
}

/** Says what of a query names nothing that there is; nothing, when all of it does. */
export const faultsOf = (query: string, vocabulary: Vocabulary): readonly string[] => {
  const tokens = pathsOf(tokensOf(query))
  const [table] = tokens
  const columns = vocabulary.tables[table?.text ?? '']
  if (!columns) return [`There is no table ${table?.text}.`]
  const texts = tokens.filter(({ kind }) => kind === 'text').map(({ text }) => text)
  const named = texts.filter((text) => text in vocabulary.dimensions)
  const events = texts.filter((text) => text in vocabulary.lines && text !== 'request')
  const defined = new Set(
    tokens
      .filter(({ kind }, index) => kind === 'word' && tokens[index + 1]?.text === '=')
      .map(({ text }) => text),
  )

  const hasMember = (of: string, member: string): boolean => {
    if (of === 'customDimensions') {
      const owners = named.length > 0 ? named : [table?.text ?? '']
      return owners.some((owner) => vocabulary.dimensions[owner]?.includes(member))
    }
    const owners = events.length > 0 ? events : ['request']
    return (
      of === 'line' && defined.has(of) && owners.some((owner) => vocabulary.lines[owner]?.includes(member))
    )
  }

  const isKnown = ({ kind, text }: Token): boolean => {
    if (kind === 'other') return true
    if (kind === 'text')
      return named.includes(text) || events.includes(text) || vocabulary.words.includes(text) || isId(text)
    const [of = '', member, deeper, ...rest] = text.split('.')
    if (member === undefined) return language.has(of) || columns.includes(of) || defined.has(of)
    if (of === 'line' && member === 'stages' && deeper !== undefined)
      return rest.length === 0 && vocabulary.stages.includes(deeper) && hasMember(of, member)
    return deeper === undefined && hasMember(of, member)
  }
  return tokens
    .slice(1)
    .filter((token) => !isKnown(token))
    .map(({ text }) => `There is no ${text}.`)
}

const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
