import { strictEqual } from 'node:assert'
import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { routes, unmatchedRoute } from '../lib/http/routes.ts'
import { installFunctionsCore } from '../local/functionsCore.ts'
import { type LoadedFunction, loadFunctions } from '../local/loadFunctions.ts'
import { checkDeferred, deferredChunk, kibibytesAtStart } from './bundleChunks.ts'

const outdir = 'dist'
const outfile = `${outdir}/functions.mjs`

/** What the settings of telemetry load. */
const telemetry = ['sdk', 'otlpExporters', 'azureExporters'].map((name) => `lib/telemetry/${name}.ts`)

/** What must never reach Azure. */
const foreign = /^(local|cli|client|test|tools)\/|^node_modules\/(@peculiar|azurite)\//

const bundle = async (): Promise<Metafile> => {
  // Chunks are named by their contents: those of the last build would stay.
  await rm(outdir, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: { functions: 'functions/main.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    sourcemap: true,
    metafile: true,
    minifySyntax: true,
    // The worker supplies this module; it is on no registry.
    external: ['@azure/functions-core'],
    // Without require the CommonJS parts of the bundle fail silently: the app starts with zero functions.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  return metafile
}

const checkContents = ({ inputs }: Metafile): void => {
  const found = Object.keys(inputs).filter((input) => foreign.test(input))
  strictEqual(found.join(', '), '', 'The bundle holds modules that do not belong into Azure.')
}

const describe = (name: string, methods: readonly string[], path: string): string =>
  [name, [...methods].sort().join('|'), path].join(' ').trim()

const expected = (): readonly string[] =>
  [
    ...Object.entries(routes).map(([name, { methods, path }]) => describe(name, methods, path)),
    describe(unmatchedRoute.name, unmatchedRoute.methods, unmatchedRoute.path),
    describe('housekeeping', [], ''),
  ].sort()

const loaded = (functions: readonly LoadedFunction[]): readonly string[] =>
  functions.map(({ name, methods, route }) => describe(name, methods, route ?? '')).sort()

/** Loads the bundle as the Functions worker does; an app that registers nothing is silent about it. */
const loadBundle = async (): Promise<readonly LoadedFunction[]> => {
  Object.assign(process.env, {
    MAYFLY_ROLE: 'all',
    MAYFLY_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    MAYFLY_KEY_FOLDER: 'none',
    MAYFLY_TELEMETRY: 'off',
  })
  const { registry, uninstall } = installFunctionsCore({ log: () => undefined })
  const functions = await loadFunctions(registry, pathToFileURL(outfile))
  uninstall()
  return functions
}

/** A chunk that cannot be loaded would be found out in Azure only. */
const describeChunk = async (metafile: Metafile, source: string): Promise<string> => {
  const { path, kibibytes } = deferredChunk(metafile, outfile, source)
  const startedAt = performance.now()
  await import(pathToFileURL(path).href)
  return `${path}: ${kibibytes} KiB, loads in ${Math.round(performance.now() - startedAt)} ms, when configured`
}

const metafile = await bundle()
checkContents(metafile)
checkDeferred(metafile, outfile)
const startedAt = performance.now()
const functions = await loadBundle()
const milliseconds = Math.round(performance.now() - startedAt)
strictEqual(
  loaded(functions).join('\n'),
  expected().join('\n'),
  'The bundle registers other functions than the routes say.',
)
const size = kibibytesAtStart(metafile, outfile)
console.log(`${outfile}: ${size} KiB, loads in ${milliseconds} ms, ${functions.length} functions:`)
console.log(loaded(functions).join('\n'))
for (const source of telemetry) console.log(await describeChunk(metafile, source))
