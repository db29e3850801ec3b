import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { build, type Metafile } from 'esbuild'

/** How the program is loaded: by a Node.js that is there, or from within an executable. */
export type CliFormat = 'esm' | 'cjs'

/** The program `mayfly` as one file. */
export interface CliBundle {
  readonly metafile: Metafile
  /** The path of the file in the metafile. */
  readonly path: string
  readonly contents: Uint8Array
}

/** Modules that no machine needs which runs the program. */
const foreign = /^(local|functions|test|tools|bench)\//

const outfiles: Readonly<Record<CliFormat, string>> = { esm: 'mayfly.mjs', cjs: 'mayfly.cjs' }

/** Own modules find nothing beside them: an executable is one file. */
const checkAlone = async (root: string, inputs: readonly string[]): Promise<void> => {
  for (const input of inputs.filter((one) => !one.includes('node_modules/')))
    if ((await readFile(join(root, input), 'utf8')).includes('import.meta'))
      throw new Error(`Cannot bundle ${input}: it looks for what is beside it.`)
}

/** ES modules have no require, which packages of CommonJS call. */
const banners: Readonly<Record<CliFormat, string>> = {
  esm: "#!/usr/bin/env node\nimport { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  cjs: '',
}

/**
 * Bundles the program `mayfly`; neither the place of the project nor the machine changes a byte of it.
 * @throws {Error} when a module is in it that has no business there.
 */
export const cliBundle = async (root: string, format: CliFormat): Promise<CliBundle> => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['cli/mayfly.ts'],
    outfile: outfiles[format],
    bundle: true,
    preserveSymlinks: true,
    platform: 'node',
    target: 'node22',
    format,
    mainFields: ['module', 'main'],
    metafile: true,
    minifySyntax: true,
    tsconfigRaw: {},
    banner: { js: banners[format] },
    // There is none inside of an executable; the packages that ask for it do without.
    ...(format === 'cjs' ? { define: { 'import.meta.url': 'undefined' } } : {}),
    write: false,
  })
  const inputs = Object.keys(metafile.inputs)
  await checkAlone(root, inputs)
  const found = inputs.filter((input) => foreign.test(input))
  if (found.length > 0) throw new Error(`Cannot bundle what belongs to no program: ${found.join(', ')}.`)
  const [file] = outputFiles
  if (!file) throw new Error('Cannot bundle the program: nothing came of it.')
  return { metafile, path: relative(root, file.path).replaceAll('\\', '/'), contents: file.contents }
}
