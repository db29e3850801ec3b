import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { withFolderLock } from '../../files/withFolderLock.ts'
import { replaceFile } from '../../files/replaceFile.ts'
import { Refusal } from '../../errors/refusal.ts'
import { parseJson, jsonMember } from '../../json/parseJson.ts'
import type { TenantId } from '../../tenant/tenantId.ts'

/** Holds what this machine knows of a tenant's authority by itself: no table has a say in it. */
export interface Remembered {
  /** SHA-256 of the root certificates that may sign its next bundle, lower-case hex. */
  readonly anchors: readonly string[]
  /** The highest sequence of a bundle that was verified here; 0 before the first. */
  readonly sequence: number
  /** SHA-256 of the `trust.json` of that sequence; empty before the first. */
  readonly bundle: string
  /** SHA-256 of the certificates of generations that were seen retired or tainted: none of them comes back. */
  readonly ended: readonly string[]
}

/** Where the anchors of a deployment's tenants are kept. Safe for several commands at a time. */
export interface AnchorStore {
  readonly file: string
  /**
   * @returns undefined when nothing is known of the tenant.
   * @throws {Refusal} `anchors-refused` when others can write to the file, or it is no file of anchors.
   */
  read(tenant: TenantId): Promise<Remembered | undefined>
  /**
   * Writes what becomes of what is known, durably and as one step; nothing where nothing new is told.
   * @throws {Refusal} `anchors-refused`, or `folder-busy` when another process holds the file
   */
  update(tenant: TenantId, change: (known: Remembered | undefined) => Remembered): Promise<void>
}

/** The file of anchors beside the file of a deployment. */
export const anchorsFileOf = (deploymentFile: string): string =>
  `${deploymentFile.replace(/\.json$/i, '')}.anchors.json`

const refuse = (file: string, why: string): Refusal =>
  new Refusal(
    'anchors-refused',
    `Cannot use the anchors in ${file}: ${why}. Mend the file, or move it away first.`,
  )

const checkOwner = async (file: string): Promise<void> => {
  if (process.platform === 'win32') return
  const { mode, uid } = await stat(file)
  if ((mode & 0o022) !== 0 || uid !== process.getuid?.()) throw refuse(file, 'others can write to it')
}

const isDigest = (value: unknown): value is string => typeof value === 'string' && /^[\da-f]{64}$/.test(value)

const isDigests = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isDigest)

const parseRemembered = (value: unknown): Remembered | undefined => {
  const [anchors, sequence, bundle, ended] = ['anchors', 'sequence', 'bundle', 'ended'].map((name) =>
    jsonMember(value, name),
  )
  if (!isDigests(anchors) || !isDigests(ended) || !Number.isSafeInteger(sequence)) return undefined
  if (sequence === 0 ? bundle !== '' : !isDigest(bundle)) return undefined
  return { anchors, ended, sequence: Number(sequence), bundle: String(bundle) }
}

type Known = ReadonlyMap<string, Remembered>

const readAll = async (file: string): Promise<Known> => {
  let octets: Uint8Array
  try {
    octets = await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return new Map()
    throw refuse(file, `it cannot be read (${code})`)
  }
  await checkOwner(file)
  const document = parseJson(octets, (why) => refuse(file, `it ${why}`))
  if (typeof document !== 'object' || document === null) throw refuse(file, 'it is not an object')
  const entries = Object.entries(document).map(([tenant, value]) => {
    const remembered = parseRemembered(value)
    if (remembered) return [tenant, remembered] as const
    throw refuse(file, `what it says of ${JSON.stringify(tenant).slice(0, 80)} is not what Mayfly wrote`)
  })
  return new Map(entries)
}

/** Opens a file of anchors, which need not exist. */
export const anchorStore = (file: string): AnchorStore => ({
  file,
  read: async (tenant) => (await readAll(file)).get(tenant),
  async update(tenant, change) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await withFolderLock(`${file}.lock`, async () => {
      const known = await readAll(file)
      const before = known.get(tenant)
      const next = change(before)
      if (JSON.stringify(next) === JSON.stringify(before)) return
      const all = Object.fromEntries(new Map(known).set(tenant, next))
      await replaceFile(file, `${JSON.stringify(all, null, 2)}\n`, 0o600)
    })
  },
})
