import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FileCheck } from './checkFile.ts'
import { BicepSyntaxError } from './lex.ts'
import { type BicepFile, parseBicep } from './parseBicep.ts'
import type { Schemas } from './schema.ts'

/** Something that is wrong in a file. */
export interface Finding {
  readonly file: string
  readonly line: number
  /** The code of Bicep's own compiler or linter, where it has one. */
  readonly code: string
  readonly message: string
}

type Opened = BicepFile | BicepSyntaxError | undefined

const parseFile = async (file: string): Promise<Opened> => {
  const source = await readFile(file, 'utf8').catch(() => undefined)
  if (source === undefined) return undefined
  try {
    return parseBicep(source)
  } catch (error) {
    if (error instanceof BicepSyntaxError) return error
    throw error
  }
}

const named = ({ statements }: BicepFile): readonly string[] =>
  statements.flatMap((one) => {
    if (one.kind === 'module') return [one.of]
    if (one.kind === 'import') return [one.from]
    return one.kind === 'using' ? [one.value] : []
  })

/** Reads files and those that they name. */
const openAll = async (files: readonly string[]): Promise<ReadonlyMap<string, Opened>> => {
  const opened = new Map<string, Opened>()
  const waiting = files.map((file) => resolve(file))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (opened.has(file)) continue
    const found = await parseFile(file)
    opened.set(file, found)
    if (found === undefined || found instanceof BicepSyntaxError) continue
    const folder = dirname(file)
    waiting.push(...named(found).map((path) => resolve(folder, path)))
  }
  return opened
}

const checkOne = (
  file: string,
  opened: ReadonlyMap<string, Opened>,
  schemas: Schemas['types'],
): readonly Finding[] => {
  const found = opened.get(file)
  if (found === undefined) return []
  if (found instanceof BicepSyntaxError)
    return [{ file, line: found.line, code: 'syntax', message: found.message }]
  const findings = new Map<string, Finding>()
  const report = (code: string, line: number, message: string): void => {
    if (found.disabled.get(line)?.includes(code)) return
    findings.set(`${line} ${code} ${message}`, { file, line, code, message })
  }
  const open = (path: string): BicepFile | undefined => {
    const other = opened.get(resolve(dirname(file), path))
    return other instanceof BicepSyntaxError ? undefined : other
  }
  new FileCheck(found, { schemas, open, report }).check()
  return [...findings.values()]
}

/** Checks files and all that they name, without a compiler and without a network. @returns what is wrong, by file and line. */
export const checkBicep = async (
  files: readonly string[],
  schemas: Schemas['types'],
): Promise<readonly Finding[]> => {
  const opened = await openAll(files)
  return [...opened.keys()]
    .toSorted()
    .flatMap((file) => checkOne(file, opened, schemas).toSorted((a, b) => a.line - b.line))
}
