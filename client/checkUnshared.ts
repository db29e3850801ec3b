import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'

const sticky = 0o1000

/** Those of a path, but what says nothing. */
const namesIn = (path: string): readonly string[] =>
  path.split('/').filter((name) => name !== '' && name !== '.')

/**
 * Goes along a path that is there as the system does.
 * @returns every name that says where it leads, links among them; the first one is what it leads to.
 */
const namesTo = (path: string): ReadonlyMap<string, Stats> => {
  const passed = new Map([['/', lstatSync('/')]])
  const left = [...namesIn(isAbsolute(path) ? path : `${process.cwd()}/${path}`)]
  let at = '/'
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    const next = join(at, name)
    const stats = lstatSync(next)
    passed.set(next, stats)
    const target = stats.isSymbolicLink() ? readlinkSync(next) : undefined
    if (target === undefined) at = next
    else if (isAbsolute(target)) at = '/'
    left.unshift(...namesIn(target ?? ''))
  }
  return new Map([[at, lstatSync(at)], ...passed])
}

/** Says why somebody else could change what a name stands for; undefined where nobody could but its owner and root. */
const sharing = (stats: Stats): string | undefined => {
  const { mode, uid } = stats
  if (uid !== 0 && uid !== process.getuid?.()) return 'belongs to another user'
  // A link has no mode, and names in a folder such as /tmp can be changed by their owners alone.
  const isGuarded = stats.isSymbolicLink() || (mode & sticky) !== 0
  return (mode & 0o022) !== 0 && !isGuarded ? 'can be written to by others' : undefined
}

/** Makes sure that a path leads somewhere. */
const checkThere = (path: string, refuse: (why: string) => Refusal): void => {
  try {
    realpathSync.native(path)
  } catch (error) {
    throw refuse(`it cannot be found (${(error as NodeJS.ErrnoException).code})`)
  }
}

/**
 * Makes sure that nobody else can put something of theirs in the place of a file or folder: neither it, nor the folders and links
 * that lead to it belong to, or can be written to by, others. Windows has ACLs, which are not looked at. A few calls of
 * the system, without the turns of a queue: who connects waits for them.
 * @param what names it in the refusal: `the hook`.
 * @throws {Refusal} `path-shared`
 */
export const checkUnshared = async (path: string, what: string): Promise<void> => {
  const refuse = (why: string) => new Refusal('path-shared', `Cannot use ${what} ${path}: ${why}.`)
  checkThere(path, refuse)
  if (process.platform === 'win32') return
  const names = namesTo(path)
  const [end = path] = names.keys()
  if (((names.get(end)?.mode ?? 0) & 0o022) !== 0) throw refuse('others can write to it')
  for (const [name, stats] of names) {
    const why = sharing(stats)
    if (why !== undefined) throw refuse(name === end ? `it ${why}` : `${name} ${why}`)
  }
}
