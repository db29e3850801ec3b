import { notStrictEqual, strictEqual } from 'node:assert'
import type { Metafile } from 'esbuild'

/** Matches the sources that are loaded only where a setting asks for it: telemetry but its API, signing in, reaching vaults. */
const deferred =
  /node_modules\/(@opentelemetry\/(?!api\/)|@azure\/(monitor-|identity\/|keyvault-))|^lib\/(keys\/localKeys|directory\/openDirectory)\.ts$/

const apiOfTelemetry = /node_modules\/@opentelemetry\/api\/build\/[^/]+\/api\/trace\.js$/

/** The chunks that are loaded with one of them: itself, those it imports statically, and so on. */
const loadedWith = ({ outputs }: Metafile, entry: string): readonly string[] => {
  const found = new Set([entry])
  for (const path of found)
    for (const { path: imported, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && imported in outputs) found.add(imported)
  return [...found]
}

const inputsOf = ({ outputs }: Metafile, chunks: readonly string[]): readonly string[] =>
  chunks.flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}))

/** Asserts that a start of the app loads nothing that is to be loaded when it is used, and that there is such. */
export const checkDeferred = (metafile: Metafile, entry: string): void => {
  const early = inputsOf(metafile, loadedWith(metafile, entry)).filter((input) => deferred.test(input))
  strictEqual(early.join('\n'), '', 'The app loads at its start what it should load when it is used.')
  const all = inputsOf(metafile, Object.keys(metafile.outputs))
  notStrictEqual(all.filter((input) => deferred.test(input)).length, 0, 'No chunk is loaded when it is used.')
  const copies = all.filter((input) => apiOfTelemetry.test(input))
  strictEqual(copies.length, 1, `There are ${copies.length} copies of the API of OpenTelemetry.`)
}

/** A chunk that is loaded when it is used. */
export interface Deferred {
  readonly path: string
  /** Its size beyond what is loaded at the start, in KiB. */
  readonly kibibytes: number
}

/** Finds the chunk of a source that is imported dynamically. */
export const deferredChunk = (metafile: Metafile, entry: string, source: string): Deferred => {
  const { outputs } = metafile
  const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source) ?? []
  if (!path) throw new Error(`No chunk is made of ${source}.`)
  const early = loadedWith(metafile, entry)
  const added = loadedWith(metafile, path).filter((chunk) => !early.includes(chunk))
  const bytes = added.reduce((sum, chunk) => sum + (outputs[chunk]?.bytes ?? 0), 0)
  return { path, kibibytes: Math.round(bytes / 1024) }
}

/** Adds up the chunks that are loaded at the start, in KiB. */
export const kibibytesAtStart = (metafile: Metafile, entry: string): number => {
  const bytes = loadedWith(metafile, entry).reduce(
    (sum, chunk) => sum + (metafile.outputs[chunk]?.bytes ?? 0),
    0,
  )
  return Math.round(bytes / 1024)
}
