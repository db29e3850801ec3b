import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build, type Metafile } from 'esbuild'

/** Where the build puts what it makes, relative to the root of the project. */
export const outdir = 'dist'

/** The entry that the host loads, relative to the root of the project. */
export const outfile = `${outdir}/functions.mjs`

/** The modules that must never reach Azure. */
export const foreign = /^(local|cli|client|test|tools|bench)\/|(^|\/)node_modules\/(@peculiar|azurite)\//

const metafileName = `${outdir}/meta.json`

/** The function app as esbuild makes it. */
export interface Bundle {
  /** Tells which sources went into which file; its paths are relative to the root of the project, with forward slashes. */
  readonly metafile: Metafile
  /** The files by their paths in the metafile, source maps included. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Takes these packages from the sources they publish: what is compiled of them is for so old a JavaScript, with WeakMaps
 * for private fields and generators for async functions, that an invocation costs five times as much.
 */
export const takenFromSources = ['@azure/functions', '@azure/functions-extensions-base'] as const

/** Bundles the function app; neither the place of the project nor the machine changes a byte of it. */
export const bundle = async (root: string): Promise<Bundle> => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { functions: 'functions/main.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    // Packages may lie elsewhere: they are called by the names they have here.
    preserveSymlinks: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    // ES modules where a package has them: what nobody uses of them stays out.
    mainFields: ['module', 'main'],
    sourcemap: true,
    metafile: true,
    minifySyntax: true,
    // Whatever the compiler settings say: the same sources give the same bytes.
    tsconfigRaw: {},
    // The worker supplies this module; it is on no registry.
    external: ['@azure/functions-core'],
    alias: Object.fromEntries(takenFromSources.map((name) => [name, `./node_modules/${name}/src/index.ts`])),
    // Without require the CommonJS parts of the bundle fail silently: the app starts with zero functions.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    write: false,
  })
  const named = outputFiles.map(({ path, contents }): [string, Uint8Array] => [
    relative(root, path).replaceAll('\\', '/'),
    contents,
  ])
  return { metafile, files: new Map(named) }
}

/** Writes the files and, for `npm run package`, the metafile; what an earlier build left is removed. */
export const writeBundle = async (root: string, { metafile, files }: Bundle): Promise<void> => {
  // Chunks are named by their contents: those of the last build would stay.
  await rm(join(root, outdir), { recursive: true, force: true })
  for (const [path, contents] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), contents)
  }
  await writeFile(join(root, metafileName), JSON.stringify(metafile))
}

const readMetafile = async (root: string): Promise<Metafile> => {
  const text = await readFile(join(root, metafileName), 'utf8').catch(() => {
    throw new Error(`Cannot read ${metafileName}: run "npm run build" first.`)
  })
  return JSON.parse(text) as Metafile
}

/**
 * Reads what `writeBundle` wrote.
 * @throws {Error} when there is no build, or when a file is not the one that the build made.
 */
export const readBundle = async (root: string): Promise<Bundle> => {
  const metafile = await readMetafile(root)
  const files = new Map<string, Uint8Array>()
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    const contents = await readFile(join(root, path))
    if (contents.length !== bytes)
      throw new Error(`Cannot take ${path}: the build made ${bytes} octets, it has ${contents.length}.`)
    files.set(path, contents)
  }
  return { metafile, files }
}
