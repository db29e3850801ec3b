import { dirname, join } from 'node:path'
import type { Recipe, RecipeFile } from '../../client/serverConfig/recipe.ts'
import { recipes, serverKinds } from '../../client/serverConfig/recipes.ts'
import { makeFolder } from '../../lib/files/makeFolder.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { text } from '../commandLine/option.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { parseServerKind, readSettings, serverOptions } from './readSettings.ts'

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

const printFile = ({ path, mode, content }: RecipeFile): string => `==> ${path} (${octal(mode)})\n${content}`

/** Writes each file where it would be if the folder were the root of the server. Folders are as those of a system: who copies them copies their mode. */
const writeFiles = async (folder: string, { files }: Recipe): Promise<readonly string[]> => {
  for (const { path, mode, content } of files) {
    const file = join(folder, path)
    await makeFolder(dirname(file), 0o755)
    await replaceFile(file, content, mode)
  }
  return files.map(({ path, mode }) => `${join(folder, path)} (${octal(mode)})`)
}

const list = (heading: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : ['', heading, ...items.map((item) => `- ${item}`)]

export const serverConfig = command({
  name: 'server-config',
  summary: 'write the configuration of a VPN server',
  argument: 'SERVER',
  options: {
    ...serverOptions,
    out: text(
      'FOLDER',
      'write the files beneath it, as beneath the root of the server; printed when left out',
    ),
  },
  notes: `SERVER is ${serverKinds.join(', ')}.`,
  async run(values, context) {
    const kind = parseServerKind(context.argument)
    const { out } = values
    if (out !== undefined) await checkOutputFolder('out', out)
    const { settings, bundle } = await readSettings(kind, values, context)
    const recipe = recipes[kind](settings)
    const files = out === undefined ? recipe.files.map(printFile) : await writeFiles(out, recipe)
    const lines = [
      ...files,
      ...list('to do once:', recipe.steps),
      ...list('what this server cannot check:', recipe.cannotCheck),
      '',
      formatHanging('a session ends ', recipe.ends),
    ]
    const { tenant } = settings
    const json = { server: kind, tenant, sequence: bundle.sequence, ...recipe }
    return { text: lines.join('\n'), json }
  },
})
