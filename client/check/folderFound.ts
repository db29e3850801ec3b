import { stat } from 'node:fs/promises'
import { checkUnshared } from '../checkUnshared.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { type Found, ok, problem } from './finding.ts'
import { nearestFolder } from './nearestFolder.ts'
import { othersWithAccess } from './othersWithAccess.ts'

const windowsFound = async (folder: string, machine: KeyMachine): Promise<Found> => {
  const others = await othersWithAccess(folder, machine)
  if (others.length === 0) return ok('its access control list lets no group of everybody in')
  return problem(
    `its access control list lets ${others.join(', ')} in`,
    'Have mayfly make the folder: move this one away. Or leave it to its user and SYSTEM: icacls FOLDER /inheritance:r /grant:r "USER:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F".',
  )
}

const posixFound = async (folder: string): Promise<Found> => {
  const { mode, uid } = await stat(folder)
  const own = process.getuid?.()
  if (uid !== own)
    return problem(
      `it belongs to the user with the number ${uid}, not to ${own}, who asks`,
      'Run mayfly doctor as the user whom the agent runs for; else let the folder belong to that user: chown -R USER FOLDER.',
    )
  await checkUnshared(folder, 'the folder')
  return ok(`mode 0${(mode & 0o777).toString(8)}, its owner's alone to write to`)
}

/** Checks whether a folder is there, and nobody else's to write to. @throws {Refusal} `path-shared` */
export const folderFound = async (folder: string, machine: KeyMachine): Promise<Found> => {
  const there = await nearestFolder(folder)
  if (there !== folder) {
    await checkUnshared(there, 'the folder')
    return ok(`not there yet; the agent makes it in ${there}`)
  }
  if (!(await stat(folder)).isDirectory())
    return problem('it is a file, no folder', 'Move it away, or name a folder.')
  return machine.platform === 'win32' ? windowsFound(folder, machine) : posixFound(folder)
}
