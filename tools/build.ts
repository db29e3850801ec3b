import { ok, strictEqual } from 'node:assert'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Metafile } from 'esbuild'
import { routes, unmatchedRoute } from '../lib/http/routes.ts'
import { bundle, foreign, outfile, writeBundle } from './bundle.ts'
import { checkDeferred, deferredChunk, kibibytesAtStart } from './deferredChunk.ts'
import { loadAs } from './loadAs.ts'

/** The sources that settings of telemetry load. */
const telemetry = ['startSdk', 'otlpExporters', 'azureExporters'].map((name) => `lib/telemetry/${name}.ts`)

/** Bounds what is loaded at start: a cold start reads and compiles all of it. */
const mostKibibytesAtStart = 1_250

const checkContents = ({ inputs }: Metafile): void => {
  const found = Object.keys(inputs).filter((input) => foreign.test(input))
  strictEqual(found.join(', '), '', 'The bundle holds modules that do not belong into Azure.')
}

const describe = (name: string, methods: readonly string[], path: string): string =>
  [name, [...methods].sort().join('|'), path].join(' ').trim()

const overHttp = [
  ...Object.entries(routes).map(([name, { methods, path }]) => describe(name, methods, path)),
  describe(unmatchedRoute.name, unmatchedRoute.methods, unmatchedRoute.path),
]

const timer = describe('housekeeping', [], '')

/** The functions that each MAYFLY_ROLE registers. */
const roles = { enroll: overHttp, housekeeping: [timer], all: [...overHttp, timer] }

/** Loads the bundle as the worker does: an app that registers nothing is silent about it. */
const checkRole = async ([role, expected]: readonly [string, readonly string[]]): Promise<string> => {
  const { functions, milliseconds } = await loadAs(role, resolve(outfile))
  const found = functions.map(({ name, methods, route }) => describe(name, methods, route ?? ''))
  strictEqual(
    found.toSorted().join('\n'),
    expected.toSorted().join('\n'),
    `As ${role} the bundle registers other functions than it should.`,
  )
  return `MAYFLY_ROLE=${role}: ${functions.length} functions, loads in ${milliseconds} ms`
}

/** A chunk that cannot be loaded would be found out in Azure only. */
const describeChunk = async (metafile: Metafile, source: string): Promise<string> => {
  const { path, kibibytes } = deferredChunk(metafile, outfile, source)
  const startedAt = performance.now()
  await import(pathToFileURL(path).href)
  return `${path}: ${kibibytes} KiB, loads in ${Math.round(performance.now() - startedAt)} ms, when configured`
}

const made = await bundle(process.cwd())
const { metafile } = made
await writeBundle('.', made)
checkContents(metafile)
checkDeferred(metafile, outfile)
const size = kibibytesAtStart(metafile, outfile)
ok(
  size <= mostKibibytesAtStart,
  `${size} KiB are loaded at start, the budget is ${mostKibibytesAtStart} KiB.`,
)
console.log(`${outfile}: ${size} KiB at start, of ${mostKibibytesAtStart} there may be`)
for (const role of Object.entries(roles)) console.log(await checkRole(role))
console.log(roles.all.toSorted().join('\n'))
for (const source of telemetry) console.log(await describeChunk(metafile, source))
