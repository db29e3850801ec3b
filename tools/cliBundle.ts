import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, type BuildOptions, type Metafile, type OutputFile, type Plugin } from 'esbuild'

/** How the program is loaded: by a Node.js that is there, or from within an executable. */
export type CliFormat = 'esm' | 'cjs'

/** The program `mayfly` as one file. */
export interface CliBundle {
  readonly contents: Uint8Array
  /** Tells of all that is in it. */
  readonly metafile: Metafile
  /** The part that each start loads, and the whole program, which is packed in the first: by their paths in the metafile. */
  readonly parts: { readonly first: string; readonly whole: string }
}

/** What esbuild made of one of the parts. */
type Part = Pick<OutputFile, 'contents'> & { readonly metafile: Metafile }

/** Modules that no machine needs which runs the program. */
const foreign = /^(local|functions|test|tools|bench)\//

/** Own modules find nothing beside them: an executable is one file. */
const checkAlone = async (root: string, inputs: readonly string[]): Promise<void> => {
  for (const input of inputs.filter((one) => !one.includes('node_modules/')))
    if ((await readFile(join(root, input), 'utf8')).includes('import.meta'))
      throw new Error(`Cannot bundle ${input}: it looks for what is beside it.`)
}

const parts = { first: 'first.cjs', whole: 'whole.cjs' } as const

const make = async (root: string, options: BuildOptions): Promise<Part> => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    bundle: true,
    preserveSymlinks: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    mainFields: ['module', 'main'],
    metafile: true,
    minifySyntax: true,
    tsconfigRaw: {},
    // There is none here; the packages that ask for it do without.
    define: { 'import.meta.url': 'undefined' },
    // What is loaded late is loaded as everything else is: code within an executable imports nothing.
    supported: { 'dynamic-import': false },
    ...options,
    write: false,
  })
  const [file] = outputFiles ?? []
  if (!file || !metafile) throw new Error('Cannot bundle the program: nothing came of it.')
  return { metafile, contents: file.contents }
}

/** A tenth larger than the most that Brotli does, in a tenth of the time. */
const brotli = {
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  [constants.BROTLI_PARAM_QUALITY]: 9,
}

/** Stands for the whole program until the first part is made: esbuild leaves no comments. */
const place = '"the whole program"'

/** Lets the first part open the whole program where it imports that. */
const opening: Plugin = {
  name: 'opening',
  setup(making) {
    making.onResolve({ filter: /^\.\/runWhole\.ts$/ }, ({ path, resolveDir: pluginData }) => ({
      path,
      namespace: 'packed',
      pluginData,
    }))
    making.onLoad({ filter: /.*/, namespace: 'packed' }, ({ pluginData: resolveDir }) => ({
      contents: `module.exports = require('./openPacked.ts').openPacked(() => { holds(${place}) }, require)`,
      resolveDir: resolveDir as string,
    }))
  },
}

/** Puts the whole program into the first part, as a comment in the function that holds it. */
const pack = (first: Part, whole: Part): string => {
  const packed = brotliCompressSync(whole.contents, { params: brotli }).toString('base64')
  const [before, after, ...more] = Buffer.from(first.contents)
    .toString()
    .split(/holds\("the whole program"\);?/)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('Cannot bundle the program: the first part has no place for the rest.')
  return `${before}/*${packed}*/${after}`
}

/** ES modules have no require. It is asked for directly: whoever imports a module of Node.js's loads all it may need. */
const heads: Readonly<Record<CliFormat, string>> = {
  esm: `#!/usr/bin/env node
const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
`,
  cjs: '',
}

const mergedOf = (first: Part, whole: Part): Metafile => ({
  inputs: { ...first.metafile.inputs, ...whole.metafile.inputs },
  outputs: { ...first.metafile.outputs, ...whole.metafile.outputs },
})

/**
 * Bundles the program `mayfly`; neither the place of the project nor the machine changes a byte of it. The commands that are
 * to be quick are in a first part, and the whole program is packed in it.
 * @throws {Error} when a module is in it that has no business there.
 */
export const cliBundle = async (root: string, format: CliFormat): Promise<CliBundle> => {
  const whole = await make(root, { entryPoints: ['cli/runWhole.ts'], outfile: parts.whole })
  const first = await make(root, {
    entryPoints: ['cli/mayfly.ts'],
    outfile: parts.first,
    plugins: [opening],
    // Each start reads it.
    minifyWhitespace: true,
  })
  const metafile = mergedOf(first, whole)
  const inputs = Object.keys(metafile.inputs).filter((input) => !input.startsWith('packed:'))
  await checkAlone(root, inputs)
  const found = inputs.filter((input) => foreign.test(input))
  if (found.length > 0) throw new Error(`Cannot bundle what belongs to no program: ${found.join(', ')}.`)
  return { metafile, parts, contents: Buffer.from(heads[format] + pack(first, whole)) }
}
