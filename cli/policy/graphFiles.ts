import { Refusal } from '../../lib/errors/refusal.ts'
import type { Entry, GraphFile } from '../../lib/policy/model/parseGraphFile.ts'
import { printRejection, type Rejection } from '../../lib/policy/model/rejection.ts'
import { policiesRefusal } from '../../lib/tenant/checkRevision.ts'
import type { Option } from '../commandLine/option.ts'
import { readDocument } from '../tenant/readDocument.ts'

/** Describes `-f`, which may be repeated. */
export const filesOption = (help: string): Option<readonly string[]> => ({
  value: 'FILE',
  short: 'f',
  help: `${help}: one, an array, or a list that Graph answered with; - reads standard input`,
  isRequired: true,
  isRepeatable: true,
  read(texts = [], { option }) {
    if (texts.length > 0 && !texts.includes('')) return texts
    throw new Refusal('usage-wrong', `Cannot run the command: --${option} is missing.`)
  },
})

/** Tells all that is in files of Graph documents. */
export interface GraphFiles<Value> {
  readonly entries: readonly Entry<Value>[]
  /** A line each: file, path and reason. */
  readonly rejections: readonly string[]
}

/** A file that was read, and not understood yet. */
export interface ReadFile {
  readonly name: string
  readonly document: unknown
}

/** Reads files of JSON. @throws {Refusal} `policies-invalid` or `usage-wrong` */
export const readFiles = async (names: readonly string[]): Promise<readonly ReadFile[]> => {
  const files: ReadFile[] = []
  for (const name of names) files.push({ name, document: await readDocument(name, 'policies-invalid') })
  return files
}

/** Prints a rejection with the name by which people know the document. */
const namedRejection = ({ displayName, ...rejection }: Rejection): string =>
  `${displayName === undefined ? '' : `"${displayName}", `}${printRejection(rejection)}`

/** Parses what files hold, all of it. */
export const graphFiles = <Value>(
  files: readonly ReadFile[],
  parse: (document: unknown) => GraphFile<Value>,
): GraphFiles<Value> => {
  const parsed = files.map(({ name, document }) => ({ name, ...parse(document) }))
  return {
    entries: parsed.flatMap(({ entries }) => entries),
    rejections: parsed.flatMap(({ name, rejections }) =>
      rejections.map((rejection) => `${name}: ${namedRejection(rejection)}`),
    ),
  }
}

/** Takes what files hold when nothing of it is rejected. @throws {Refusal} `policies-invalid` */
export const acceptedEntries = <Value>({
  entries,
  rejections,
}: GraphFiles<Value>): readonly Entry<Value>[] => {
  if (rejections.length === 0) return entries
  throw policiesRefusal('files', rejections)
}
