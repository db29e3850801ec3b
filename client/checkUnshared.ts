import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'

const sticky = 0o1000

/** Says why somebody else could change a path; undefined where nobody could but its owner and root. */
const sharing = (path: string): string | undefined => {
  const { mode, uid } = statSync(path)
  if (uid !== 0 && uid !== process.getuid?.()) return 'belongs to another user'
  // Names in a folder such as /tmp can be changed by their owners alone.
  return (mode & 0o022) !== 0 && (mode & sticky) === 0 ? 'can be written to by others' : undefined
}

const realpathOf = (path: string, refuse: (why: string | undefined) => Refusal): string => {
  try {
    return realpathSync.native(path)
  } catch (error) {
    throw refuse((error as NodeJS.ErrnoException).code)
  }
}

/**
 * Makes sure that nobody else can put something of theirs in the place of a file or folder: neither it nor the folders that lead
 * to it belong to, or can be written to by, others. Windows has ACLs, which are not looked at. A few calls of
 * the system, without the turns of a queue: who connects waits for them.
 * @param what names it in the refusal: `the hook`.
 * @throws {Refusal} `path-shared`
 */
export const checkUnshared = async (path: string, what: string): Promise<void> => {
  const refuse = (why: string) => new Refusal('path-shared', `Cannot use ${what} ${path}: ${why}.`)
  const real = realpathOf(path, (why) => refuse(`it cannot be found (${why})`))
  if (process.platform === 'win32') return
  if ((statSync(real).mode & 0o022) !== 0) throw refuse('others can write to it')
  for (let one = real; ; one = dirname(one)) {
    const why = sharing(one)
    if (why !== undefined) throw refuse(one === real ? `it ${why}` : `${one} ${why}`)
    if (one === dirname(one)) return
  }
}
