import { Refusal } from '../lib/errors/refusal.ts'
import { type Command, command } from './commandLine/command.ts'
import { commonOptions } from './commandLine/helpText.ts'
import { optionName, type Options } from './commandLine/option.ts'

/** Tells what may follow the words before the one that is completed. */
interface Completions {
  /** By the words of a group, those of its commands; by none, the first words. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** By the words of a command, its options. */
  readonly options: ReadonlyMap<string, readonly string[]>
  /** By option, where its values are known. */
  readonly values: ReadonlyMap<string, readonly string[]>
  /** The options that take a file or folder, and those whose values nobody knows. */
  readonly files: readonly string[]
  readonly free: readonly string[]
}

const dashed = (options: Options) =>
  Object.entries(options).flatMap(([member, option]) => {
    const names = [`--${optionName(member)}`, ...(option.short === undefined ? [] : [`-${option.short}`])]
    return names.map((name) => ({ name, option }))
  })

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)]

const isFile = (value: string): boolean => /^(FILE|FOLDER|HOOK)$/.test(value)

const completionsOf = (commands: readonly Command[]): Completions => {
  const groups = new Map<string, readonly string[]>()
  for (const { name } of [...commands, { name: 'help' }]) {
    const [first = '', second] = name.split(' ')
    groups.set('', unique([...(groups.get('') ?? []), first]))
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second])
  }
  const own = commands.map(({ name, options }) => {
    const found = dashed({ ...options, ...commonOptions })
    return [name, found.map((one) => one.name).filter((word) => word.startsWith('--'))] as const
  })
  const taking = commands
    .flatMap(({ options }) => dashed({ ...options, ...commonOptions }))
    .filter(({ option }) => option.value !== undefined)
  const values = new Map<string, readonly string[]>()
  for (const { name, option } of taking)
    if (option.choices) values.set(name, unique([...(values.get(name) ?? []), ...option.choices]))
  const named = (filter: (value: string) => boolean) =>
    unique(taking.filter(({ option }) => filter(option.value ?? '')).map(({ name }) => name))
  return {
    groups,
    options: new Map(own),
    values,
    files: named(isFile),
    free: named((value) => !isFile(value)),
  }
}

/** Says how a shell names what stands before the word, and how it completes files. */
interface Dialect {
  readonly before: string
  readonly line: string
  readonly files: string
}

/** Offers words where the line is one of some, or begins with one: patterns of `case`. */
const arm = (patterns: readonly string[], offered: readonly string[]): string =>
  `      ${patterns.join('|')}) offered='${offered.join(' ')}' ;;`

/** The arms of a group, whose name may be that of a command, too. */
const groupArms = (
  [start, next]: readonly [string, readonly string[]],
  own: readonly string[] = [],
): readonly string[] => [arm([`'${start}'`], [...next, ...own]), arm([`'${`help ${start}`.trim()}'`], next)]

/** Writes what bash and zsh have in common: `offered` holds what may follow. */
const cases = ({ groups, options, values, files, free }: Completions, dialect: Dialect): string => {
  const known = [...values].map(([name, choices]) => `    ${name}) offered='${choices.join(' ')}' ;;`)
  // The first that fits counts, and the name of a command may begin with that of another.
  const commands = [...options].toSorted(([one], [other]) => other.length - one.length)
  const lines = [
    ...[...groups].flatMap((group) => groupArms(group, options.get(group[0]))),
    ...commands.map(([start, own]) => arm([`'${start}'`, `'${start} '*`], own)),
  ]
  return `  local offered=
  case "${dialect.before}" in
${known.join('\n')}
    ${files.join('|')}) ${dialect.files}; return ;;
    ${free.join('|')}) return ;;
    *) case "${dialect.line}" in
${lines.join('\n')}
    esac ;;
  esac`
}

const bashDialect: Dialect = {
  before: '${COMP_WORDS[COMP_CWORD-1]}',
  line: '${COMP_WORDS[*]:1:COMP_CWORD-1}',
  // Nothing found is completed by file names: `-o default`.
  files: 'COMPREPLY=()',
}

const bash = (found: Completions): string => `_mayfly() {
${cases(found, bashDialect)}
  COMPREPLY=($(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _mayfly mayfly`

const zshDialect: Dialect = {
  before: '${words[CURRENT-1]}',
  line: '${words[2,CURRENT-1]}',
  files: '_files',
}

const zsh = (found: Completions): string => `#compdef mayfly
_mayfly() {
${cases(found, zshDialect)}
  compadd -- \${=offered}
}
compdef _mayfly mayfly`

const list = (some: readonly string[]): string => some.map((word) => `'${word}'`).join(', ')

const powershell = ({ groups, options, values, files, free }: Completions): string => {
  const table = (rows: ReadonlyMap<string, readonly string[]>): string =>
    [...rows].map(([name, some]) => `    '${name}' = @(${list(some)})`).join('\n')
  return `Register-ArgumentCompleter -Native -CommandName mayfly -ScriptBlock {
  param($word, $ast, $position)
  $groups = @{
${table(groups)}
  }
  $options = @{
${table(options)}
  }
  $values = @{
${table(values)}
  }
  $taking = @(${list(unique([...files, ...free]))})
  $line = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | Select-Object -Skip 1 | ForEach-Object { "$_" })
  $before = if ($line.Count) { $line[-1] } else { '' }
  if ($values.ContainsKey($before)) { $found = $values[$before] }
  elseif ($taking -contains $before) { return }
  elseif ($before -eq 'help' -or $line[0] -eq 'help') { $found = $groups[($line | Select-Object -Skip 1) -join ' '] }
  else {
    $command = @(($line[0..1] -join ' '), $line[0]) | Where-Object { $options.ContainsKey("$_") } | Select-Object -First 1
    $found = @($groups[$line -join ' ']) + @($options["$command"])
  }
  $found | Where-Object { $_ -and $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}`
}

const shells: Readonly<Record<string, (found: Completions) => string>> = { bash, zsh, powershell }

/** Makes the command that prints what a shell completes `mayfly` with: it never runs mayfly, whose start takes a second. */
export const completion = (commands: () => readonly Command[]): Command =>
  command({
    name: 'completion',
    summary: 'print what a shell completes mayfly with',
    argument: 'bash|zsh|powershell',
    options: {},
    notes:
      'In ~/.bashrc: eval "$(mayfly completion bash)"; in ~/.zshrc, after compinit: eval "$(mayfly completion zsh)"; in $PROFILE: mayfly completion powershell | Out-String | Invoke-Expression.',
    async run(_, { argument }) {
      const write = Object.hasOwn(shells, argument) ? shells[argument] : undefined
      if (!write) throw new Refusal('usage-wrong', 'Cannot complete: the shell is bash, zsh or powershell.')
      const script = write(completionsOf(commands()))
      return { text: script, json: { shell: argument, script } }
    },
  })
