import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { askWindowsServer } from '../../client/serverConfig/check/askWindowsServer.ts'
import { checkInstalled, type Installed } from '../../client/serverConfig/check/checkInstalled.ts'
import type { Fault } from '../../client/serverConfig/check/rule.ts'
import type { RecipeFile } from '../../client/serverConfig/recipe.ts'
import { included } from '../../client/serverConfig/check/strongSwanRules.ts'
import { recipes, type ServerKind } from '../../client/serverConfig/recipes.ts'
import { isWindowsKind, windowsCommand } from '../../client/serverConfig/windowsFiles.ts'
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

/** Where the agent of another server on the same machine has its configuration. */
const usual = '/etc/mayfly/mayfly.toml'

const isWindows = process.platform === 'win32'

/** Adds what the hook wrote from the bundle, so that it is held to the bundle in force. */
const withIncluded = (text: string, written: string | undefined): string =>
  written === undefined
    ? text
    : text
        .split('\n')
        .map((line) => (line.trim() === `include ${included}` ? `${line}\n${written}` : line))
        .join('\n')

/** Whether somebody else than its owner may change a program, or nobody can run it; and who owns it, on the server itself. */
const isMisplaced = async (folder: string, { path, mode }: RecipeFile): Promise<boolean> => {
  const status = await unlessMissing(stat(join(folder, path)))
  if (!status || isWindows) return false
  return (
    (~status.mode & mode & 0o100) !== 0 || (status.mode & 0o022) !== 0 || (folder === '/' && status.uid !== 0)
  )
}

const readFolder = async (folder: string, files: readonly RecipeFile[]): Promise<Installed> => {
  const read = (path: string) => unlessMissing(readFile(join(folder, path), 'utf8'))
  const found = await Promise.all(files.map(async (file) => ({ ...file, text: await read(file.path) })))
  const told = found.flatMap(({ kind, path, text }) =>
    kind === 'configuration' && text !== undefined ? [{ path, text }] : [],
  )
  if (told.length === 0) throw unreadable(folder)
  const written = await read(included)
  const programs = found.filter(({ kind }) => kind === 'program')
  const misplaced = await Promise.all(programs.map((file) => isMisplaced(resolve(folder), file)))
  return {
    texts: told.map(({ text }) => withIncluded(text, written)),
    paths: told.map(({ path }) => path),
    programs: new Map(programs.map(({ path, text }) => [path, text])),
    misplaced: programs.flatMap(({ path }, index) => (misplaced[index] ? [path] : [])),
    agents: new Map(
      [...found, { kind: 'agent', path: usual, text: await read(usual) }]
        .filter(({ kind }) => kind === 'agent')
        .map(({ path, text }) => [path, text]),
    ),
  }
}

const readPath = async (path: string, files: readonly RecipeFile[]): Promise<Installed> => {
  const status = await unlessMissing(stat(path))
  if (!status) throw unreadable(path)
  if (status.isDirectory()) return readFolder(path, files)
  return { texts: [await readFile(path, 'utf8')], paths: [resolve(path)], programs: new Map() }
}

/** What Windows itself says of a server whose scripts are in one of these folders. */
const askWindows = async (kind: ServerKind, paths: readonly string[]): Promise<readonly Fault[]> => {
  if (!isWindowsKind(kind) || !isWindows) return []
  const scripts = paths.map((path) => join(path, 'Program Files', 'Mayfly', kind, 'Test-Server.ps1'))
  const found = await Promise.all(scripts.map((script) => unlessMissing(stat(script))))
  const [script] = scripts.filter((_, index) => found[index] !== undefined)
  return script === undefined ? [] : askWindowsServer(script, process.env)
}

/** What could not be looked at, and how it can be. */
const unseenOf = (kind: ServerKind, isWhole: boolean): string => {
  if (!isWhole) return '\nhelper programs were not looked at: name a folder with --installed'
  if (!isWindowsKind(kind) || isWindows) return ''
  return `\nWindows itself was not looked at; on the server: ${windowsCommand(kind, 'Test-Server.ps1')}`
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
    const { settings, bundle } = await readSettings(kind, values, context)
    const { files } = recipes[kind](settings)
    const read = await Promise.all(values.installed.map((path) => readPath(path, files)))
    const agents = read.flatMap(({ agents: found }) => [...(found ?? [])])
    const installed = {
      texts: read.flatMap(({ texts }) => texts),
      paths: read.flatMap(({ paths = [] }) => paths),
      programs: new Map(read.flatMap(({ programs }) => [...programs])),
      misplaced: read.flatMap(({ misplaced = [] }) => misplaced),
      ...(agents.length > 0 ? { agents: new Map(agents) } : {}),
    }
    const issuers = bundle.issuers.map(({ id }) => id)
    const faults = [
      ...checkInstalled(kind, installed, { settings, issuers }),
      ...(await askWindows(kind, values.installed)),
    ]
    const isWhole = installed.programs.size > 0
    const good = `${kind} is configured as it should be for bundle ${bundle.sequence} of ${settings.tenant}`
    return {
      text: (faults.length === 0 ? good : faults.map(describe).join('\n\n')) + unseenOf(kind, isWhole),
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
