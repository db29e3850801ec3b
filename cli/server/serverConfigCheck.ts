import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInstalled, type Installed } from '../../client/serverConfig/check/checkInstalled.ts'
import type { Fault } from '../../client/serverConfig/check/rule.ts'
import type { RecipeFile } from '../../client/serverConfig/recipe.ts'
import { recipes } from '../../client/serverConfig/recipes.ts'
import { unlessMissing } from '../../client/trustFiles.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import type { Option } from '../commandLine/option.ts'
import { parseServerKind, readSettings, serverOptions } from './readSettings.ts'

const installedOption: Option<readonly string[]> = {
  value: 'PATH',
  help: 'a file that the server reads, or a folder that server-config --out wrote, such as /; may be repeated',
  isRepeatable: true,
  isRequired: true,
  read(texts = []) {
    if (texts.length > 0 && !texts.includes('')) return texts
    throw new Refusal('usage-wrong', 'Cannot run the command: --installed is missing.')
  },
}

const unreadable = (path: string): Refusal =>
  new Refusal('usage-wrong', `Cannot check the configuration: there is nothing of it in ${path}.`)

const readFolder = async (folder: string, files: readonly RecipeFile[]): Promise<Installed> => {
  const read = (path: string) => unlessMissing(readFile(join(folder, path), 'utf8'))
  const found = await Promise.all(files.map(async (file) => ({ ...file, text: await read(file.path) })))
  const texts = found.flatMap(({ kind, text }) =>
    kind === 'configuration' && text !== undefined ? [text] : [],
  )
  if (texts.length === 0) throw unreadable(folder)
  return {
    texts,
    programs: new Map(found.filter(({ kind }) => kind === 'program').map(({ path, text }) => [path, text])),
  }
}

const readPath = async (path: string, files: readonly RecipeFile[]): Promise<Installed> => {
  const status = await unlessMissing(stat(path))
  if (!status) throw unreadable(path)
  if (status.isDirectory()) return readFolder(path, files)
  return { texts: [await readFile(path, 'utf8')], programs: new Map() }
}

const describe = ({ finding, why, remedy }: Fault): string =>
  [
    formatHanging('problem  ', `${finding}.`),
    formatHanging('         ', why),
    formatHanging('         ', remedy),
  ].join('\n')

export const serverConfigCheck = command({
  name: 'server-config check',
  summary: 'tell what is wrong with that of a VPN server',
  argument: 'SERVER',
  options: { ...serverOptions, installed: installedOption },
  notes: 'It reads files and changes nothing. Helper programs are compared where PATH is a folder.',
  async run(values, context) {
    const kind = parseServerKind(context.argument)
    const { settings, bundle } = await readSettings(values, context)
    const { files } = recipes[kind](settings)
    const read = await Promise.all(values.installed.map((path) => readPath(path, files)))
    const installed = {
      texts: read.flatMap(({ texts }) => texts),
      programs: new Map(read.flatMap(({ programs }) => [...programs])),
    }
    const issuers = bundle.issuers.map(({ id }) => id)
    const faults = checkInstalled(kind, installed, { settings, issuers })
    const isWhole = installed.programs.size > 0
    const good = `${kind} is configured as it should be for bundle ${bundle.sequence} of ${settings.tenant}`
    const unseen = isWhole ? '' : '\nhelper programs were not looked at: name a folder with --installed'
    return {
      text: (faults.length === 0 ? good : faults.map(describe).join('\n\n')) + unseen,
      json: {
        server: kind,
        tenant: settings.tenant,
        sequence: bundle.sequence,
        faults,
        programsChecked: isWhole,
      },
      exitCode: faults.length === 0 ? exitCodes.ok : exitCodes.refused,
    }
  },
})
