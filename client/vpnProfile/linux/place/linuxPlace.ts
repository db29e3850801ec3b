import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { describeCause } from '../../../../lib/errors/describeCause.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { replaceFile } from '../../../../lib/files/replaceFile.ts'
import { notApplied, type ProfileForm, type ProfilePlace, type TunnelState } from '../../profilePlace.ts'
import type { Platform } from '../../settings.ts'
import { checkClientFit } from '../checkClientFit.ts'
import { clientFileMode, type ClientFiles, clientName, type ClientSettings } from '../clientFiles.ts'
import { compareSettings, type FormSettings } from './formSettings.ts'
import type { LinuxMachine } from './linuxMachine.ts'

/** A program that builds tunnels by files. What says why something is not so is a clause; undefined: it is. */
export interface LinuxClient {
  readonly platform: Platform
  readonly filesOf: (settings: ClientSettings) => ClientFiles
  /** Where each profile is a file, and how its name ends. */
  readonly folder: string
  readonly ending: string
  /** Finds the other files that a profile names; undefined where it is none of a VPN. */
  readonly companions: (content: string) => readonly string[] | undefined
  readonly settingsOf: (form: ProfileForm) => FormSettings
  readonly state: (form: ProfileForm, signal: AbortSignal) => Promise<TunnelState>
  /** Has the program read a profile of which nothing is in place yet. */
  readonly check: (wanted: ProfileForm, signal: AbortSignal) => Promise<string | undefined>
  /** Has the program use what is in place now, and asks it whether it does. */
  readonly use: (wanted: ProfileForm, signal: AbortSignal) => Promise<string | undefined>
  /** Has the program forget what is in place no more. */
  readonly forget: (removed: ProfileForm, signal: AbortSignal) => Promise<string | undefined>
}

/** How long what was begun is put back, after whoever waits said to stop. */
const backMilliseconds = 3_500

interface Saved {
  readonly path: string
  /** Undefined: there was none. */
  readonly content: Buffer | undefined
  readonly mode: number
}

/** A folder has no content, whatever its name: it is no profile, and no authority of one. */
const contentless: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

const readSaved = async (root: string, path: string): Promise<Saved> => {
  try {
    const [content, { mode }] = await Promise.all([readFile(root + path), stat(root + path)])
    return { path, content, mode: mode & 0o777 }
  } catch (error) {
    if (!contentless.has((error as NodeJS.ErrnoException).code)) throw error
    return { path, content: undefined, mode: 0 }
  }
}

const write = async (root: string, { path, content, mode }: Saved): Promise<void> => {
  if (content === undefined) return rm(root + path, { force: true })
  await mkdir(dirname(root + path), { recursive: true })
  await replaceFile(root + path, content, mode)
}

/** The files of a form that are its own: others may use an authority that a foreign profile names. */
const ownPaths = ({ name, parts }: ProfileForm, main: string): readonly string[] =>
  [...parts.keys()].filter((path) => path === main || basename(path).startsWith(`${name}-`))

const attempt = async (act: () => Promise<string | undefined>): Promise<string | undefined> => {
  try {
    return await act()
  } catch (error) {
    return error instanceof Refusal ? error.detail.replace(/\.$/, '') : describeCause(error)
  }
}

/** Makes the place of a client's profiles on a machine. */
export const linuxPlace = (
  client: LinuxClient,
  { root }: LinuxMachine,
  credential: Pick<ClientSettings, 'folder' | 'user'>,
): ProfilePlace => {
  const mainPath = (name: string): string => `${client.folder}/${name}${client.ending}`

  const readForm = async (name: string): Promise<readonly ProfileForm[]> => {
    const path = mainPath(name)
    const content = (await readSaved(root, path)).content?.toString('utf8')
    const companions = content === undefined ? undefined : client.companions(content)
    if (content === undefined || companions === undefined) return []
    const read = await Promise.all(companions.map((one) => readSaved(root, one)))
    const beside = read.flatMap((one) =>
      one.content ? ([[one.path, one.content.toString('utf8')]] as const) : [],
    )
    return [{ name, parts: new Map([...beside, [path, content]]) }]
  }

  const names = async (): Promise<readonly string[]> => {
    try {
      return (await readdir(root + client.folder))
        .filter((file) => file.endsWith(client.ending))
        .map((file) => file.slice(0, -client.ending.length))
        .toSorted()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** Puts back what was there, and says what is in force now. */
  const putBack = async (wanted: ProfileForm, saved: readonly Saved[]): Promise<string> => {
    const signal = AbortSignal.timeout(backMilliseconds)
    const failed = await attempt(async () => {
      for (const one of saved.toReversed()) await write(root, one)
      const [old] = await readForm(wanted.name)
      return old ? client.use(old, signal) : client.forget(wanted, signal)
    })
    const isNew = saved.at(-1)?.content === undefined
    if (failed === undefined) return isNew ? 'it is not there' : 'the old one is in force again'
    return `${isNew ? 'its files are gone' : 'the old files are back'}, and ${failed}`
  }

  return {
    platform: client.platform,
    nameOf: (profile, tunnel) => clientName({ profile, tunnel }),
    make(profile, tunnel, routed) {
      checkClientFit(profile, tunnel)
      const settings = { profile, tunnel, routed, ...credential }
      const { files } = client.filesOf(settings)
      return { name: clientName(settings), parts: new Map(files.map(({ path, content }) => [path, content])) }
    },
    installed: async () => (await Promise.all((await names()).map(readForm))).flat(),
    differences: (wanted, installed) =>
      compareSettings(client.settingsOf(wanted), client.settingsOf(installed)),
    async state(name, signal) {
      try {
        const [form] = await readForm(name)
        return form ? await client.state(form, signal) : 'down'
      } catch {
        return 'unknown'
      }
    },
    async apply(wanted, installed, signal) {
      const { name, parts } = wanted
      const wrong = await attempt(() => client.check(wanted, signal))
      if (wrong !== undefined) throw notApplied(name, `${wrong}; nothing was changed`)
      if (signal.aborted) throw notApplied(name, 'it was stopped; nothing was changed')
      const saved = await Promise.all([...parts.keys()].map((path) => readSaved(root, path)))
      const failed = await attempt(async () => {
        for (const [path, content] of parts)
          await write(root, { path, content: Buffer.from(content), mode: clientFileMode(path) })
        return client.use(wanted, signal)
      })
      if (failed !== undefined) throw notApplied(name, `${failed}; ${await putBack(wanted, saved)}`)
      const left = installed ? ownPaths(installed, mainPath(installed.name)) : []
      for (const path of left) if (!parts.has(path)) await rm(root + path, { force: true })
    },
    async remove(installed, signal) {
      const failed = await attempt(async () => {
        for (const path of ownPaths(installed, mainPath(installed.name)).toReversed())
          await rm(root + path, { force: true })
        return client.forget(installed, signal)
      })
      if (failed !== undefined) throw notApplied(installed.name, `its files are gone, and ${failed}`)
    },
  }
}
