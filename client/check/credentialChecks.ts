import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { MachineTime } from '../agent/believedAhead.ts'
import type { CredentialConfiguration } from '../agent/configuration.ts'
import { checkHook } from '../agent/configurationPaths.ts'
import { type CredentialStatus, credentialStatus } from '../agent/credentialStatus.ts'
import { heldIn } from '../store/heldIn.ts'
import { isSettled, readGeneration } from '../credential/readGeneration.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { readPassword } from '../credential/readPassword.ts'
import { agentFound } from './agentFound.ts'
import { type Check, checksOf, dependOn } from './check.ts'
import { type Found, ok, problem, warning } from './finding.ts'
import { folderFound } from './folderFound.ts'
import { keyFound, keysOf } from './keyFound.ts'
import { once } from './once.ts'
import { pendingKeyFound } from './pendingKeyFound.ts'
import { spaceFound } from './spaceFound.ts'

/** A credential that is looked at. */
export type CheckedCredential = Pick<CredentialConfiguration, 'folder' | 'keys' | 'onRenew' | 'onRefused'>

/** The machine that a credential is on. */
export interface CredentialWorld {
  readonly time: MachineTime
  readonly machine: KeyMachine
  /** Opens what keeps the credential, as the agent does. @throws {Refusal} `usage-wrong` */
  readonly openStore: () => unknown
}

type Status = () => Promise<CredentialStatus>

const timeOf = (text: string | undefined): string => (text === undefined ? '' : rfc3339(new Date(text)))

/** Tells a folder with a pair that does not fit from one without. */
const absentFound = async (folder: string): Promise<Found> => {
  const [certificate] = readGeneration(folder, ['certificate.pem'])
  if (certificate === undefined)
    return problem(
      'there is no certificate yet',
      'Where the agent runs, see its last error; else mayfly agent ensure with the same options gets one.',
    )
  return problem(
    'certificate and key do not fit, or one of them cannot be read',
    'Find out who else writes to the folder; mayfly agent ensure gets a pair that fits.',
  )
}

const certificateFound = async (status: Status, now: () => Date): Promise<Found> => {
  const { folder, state, notBefore, notAfter, nextAt, serialNumber } = await status()
  if (state === 'absent') return absentFound(folder)
  const what = `certificate ${serialNumber ?? ''}`
  if (state === 'ended')
    return problem(
      `${what} has ended at ${timeOf(notAfter)}`,
      'See what keeps it from being renewed: the findings beside this one; then mayfly agent ensure.',
    )
  if (state === 'not-begun')
    return problem(
      `${what} begins at ${timeOf(notBefore)}, which is still to come`,
      'Set the clock of this machine by NTP.',
    )
  if (!isSettled(folder))
    return problem(
      `${what} is held, but key.pem, certificate.pem or chain.pem in the folder is something else, which programs read`,
      'Find out who else writes to the folder; mayfly agent ensure has the names lead to what is held again.',
    )
  const until = `${what} and its key fit, until ${timeOf(notAfter)}`
  if (nextAt === undefined) return ok(until)
  if (Date.parse(nextAt) > now().getTime()) return ok(`${until}; renewed at ${timeOf(nextAt)}`)
  return warning(
    `${until}; its renewal has been due since ${timeOf(nextAt)}`,
    'See what keeps it from being renewed: the findings beside this one.',
  )
}

const errorFound = async (status: Status): Promise<readonly Found[]> => {
  const { state, lastError } = await status()
  if (!lastError) return []
  const { code, detail, remedy, since, at } = lastError
  const told = `${detail} (${code}, since ${timeOf(since)}, last at ${timeOf(at)})`
  return [(state === 'valid' ? warning : problem)(told, remedy)]
}

/** Checks hooks as the agent does before it runs one, and tells how the last one ended. @throws {Refusal} `path-shared`, `usage-wrong` */
const hooksFound = async (
  { onRenew, onRefused }: CheckedCredential,
  status: Status,
): Promise<readonly Found[]> => {
  const hooks = [onRenew, onRefused].filter((hook) => hook !== undefined)
  for (const hook of hooks) await checkHook(hook)
  const { hookError } = await status()
  if (hookError !== undefined)
    return [
      warning(
        `the last one failed: ${hookError}`,
        'Run it by hand and read what it says; the agent runs it again.',
      ),
    ]
  return hooks.length === 0 ? [] : [ok(`${hooks.length} can be run`)]
}

const isOverdue = ({ state, nextAt }: CredentialStatus, now: Date): boolean =>
  state !== 'valid' || (nextAt !== undefined && Date.parse(nextAt) <= now.getTime())

/** Checks what a client holds, and whether its agent can put the next certificate there. */
export const credentialChecks = (
  credential: CheckedCredential,
  { time, machine, openStore }: CredentialWorld,
): readonly Check[] => {
  const { now } = time
  const { folder, keys } = credential
  const status = once(() => credentialStatus({ folder, store: heldIn(folder, machine) }, time))
  return checksOf(
    undefined,
    {
      'credential-folder': () => folderFound(folder, machine),
      'credential-space': () => spaceFound(folder),
      'credential-agent': async () => agentFound(folder, isOverdue(await status(), now())),
      'credential-certificate': () => certificateFound(status, now),
      'credential-error': () => errorFound(status),
      'credential-pending-key': async () => {
        const maker = await dependOn('credential-key', () => keysOf(keys, machine))
        return maker ? pendingKeyFound(folder, maker) : []
      },
      'credential-key': async () => {
        openStore()
        if (keys.pkcs12Password !== undefined) await readPassword(keys.pkcs12Password)
        return keyFound(keys, machine)
      },
      'credential-hooks': () => hooksFound(credential, status),
    },
    folder,
  )
}
