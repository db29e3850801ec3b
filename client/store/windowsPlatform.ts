import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { jsonMember } from '../../lib/json/parseJson.ts'
import { parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { askPowerShell } from '../askPowerShell.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import type { Installation, Platform } from './platform.ts'
import { keyForScripts } from './windowsKey.ts'
import { windowsScripts } from './windowsScripts.ts'
import { withDraft } from './withDraft.ts'

/** What Windows says where it finds no root that it trusts: CERT_E_UNTRUSTEDROOT and CERT_E_CHAINING. */
const untrusted = /0x800b010[9a]/i

const remedyFor = (why: string): string =>
  untrusted.test(why)
    ? ' Windows does not trust the root of the tenant: put it among the Trusted Root Certification Authorities of the machine.'
    : ''

/** Runs a script. @throws {Refusal} `certificate-store-refused` */
export const askWindows = async (
  { environment }: KeyMachine,
  script: keyof typeof windowsScripts,
  given: object,
): Promise<unknown> => {
  try {
    return await askPowerShell(windowsScripts[script], given, environment)
  } catch (error) {
    const why = (error as Error).message
    const detail = `Cannot use the certificate store of Windows: ${why.replace(/\.$/, '')}.${remedyFor(why)}`
    throw new Refusal('certificate-store-refused', detail, { cause: error })
  }
}

/** What a script says Windows would not remove. */
export const leftOf = (answer: unknown): readonly string[] => {
  const left = jsonMember(answer, 'left')
  return Array.isArray(left) ? left.map(String) : []
}

/**
 * Where Windows keeps a certificate of its user: to look there takes no time, and PowerShell half a second to begin. Where it
 * is not, Windows may have moved its folder: then PowerShell is asked.
 */
const fileOf = ({ environment: { APPDATA } }: KeyMachine, thumbprint: string): string | undefined =>
  APPDATA && join(APPDATA, 'Microsoft', 'SystemCertificates', 'My', 'Certificates', thumbprint)

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )

const install = (
  folder: string,
  machine: KeyMachine,
  { certificate, own, remove }: Installation,
): Promise<readonly string[]> =>
  withDraft(folder, async (draft) => {
    await writeFile(join(draft, 'certificate.cer'), certificate.certificate)
    const issuers = certificate.chain
      .flatMap(parsePemCertificates)
      .map((der) => Buffer.from(der).toString('base64'))
    const removals = remove.map(({ thumbprint, reuse, isKeyInUse }) => ({
      thumbprint,
      isKeyInUse,
      ...keyForScripts(reuse),
    }))
    const given = { folder: draft, thumbprint: own.thumbprint, issuers, remove: removals }
    return leftOf(await askWindows(machine, 'accept', given))
  })

/** The store of the certificates of the user of this process. */
export const windowsPlatform = (folder: string, machine: KeyMachine): Platform => ({
  name: 'windows',
  async holds(thumbprint) {
    const file = fileOf(machine, thumbprint)
    if (file !== undefined && (await isThere(file))) return true
    const given = { store: 'My', property: 'Thumbprint', value: thumbprint }
    return jsonMember(await askWindows(machine, 'holds', given), 'holds') === true
  },
  install: (installation) => install(folder, machine, installation),
})
