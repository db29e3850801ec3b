import { strictEqual } from 'node:assert'
import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { routes, unmatchedRoute } from '../lib/http/routes.ts'
import { installFunctionsCore } from '../local/functionsCore.ts'
import { type LoadedFunction, loadFunctions } from '../local/loadFunctions.ts'

const outfile = 'dist/functions.mjs'

/** What must never reach Azure. */
const foreign = /^(local|cli|client|test|tools)\/|^node_modules\/(@peculiar|azurite)\//

const bundle = async (): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: ['functions/main.ts'],
    outfile,
    bundle: true,
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
  `${name} ${[...methods].sort().join('|')} ${path}`

const expected = (): readonly string[] =>
  [
    ...Object.entries(routes).map(([name, { methods, path }]) => describe(name, methods, path)),
    describe(unmatchedRoute.name, unmatchedRoute.methods, unmatchedRoute.path),
  ].sort()

const loaded = (functions: readonly LoadedFunction[]): readonly string[] =>
  functions.map(({ name, methods, route }) => describe(name, methods, route ?? '')).sort()

/** Loads the bundle as the Functions worker does; an app that registers nothing is silent about it. */
const loadBundle = async (): Promise<readonly LoadedFunction[]> => {
  Object.assign(process.env, {
    MAYFLY_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    MAYFLY_KEY_FOLDER: 'none',
  })
  const { registry, uninstall } = installFunctionsCore({ log: () => undefined })
  const functions = await loadFunctions(registry, pathToFileURL(outfile))
  uninstall()
  return functions
}

checkContents(await bundle())
const startedAt = performance.now()
const functions = await loadBundle()
const milliseconds = Math.round(performance.now() - startedAt)
strictEqual(
  loaded(functions).join('\n'),
  expected().join('\n'),
  'The bundle registers other functions than the routes say.',
)
const { size } = await stat(outfile)
console.log(
  `${outfile}: ${Math.round(size / 1024)} KiB, loads in ${milliseconds} ms, ${functions.length} functions:`,
)
console.log(loaded(functions).join('\n'))
