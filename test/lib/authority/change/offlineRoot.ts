import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Authority } from '../../../../lib/authority/authority.ts'
import type { AuthorityKey } from '../../../../lib/authority/authorityKey.ts'
import type { Generation } from '../../../../lib/authority/generation.ts'
import { issuerCsr, requestKey } from '../../../../lib/authority/change/requestKey.ts'
import { stageRoot } from '../../../../lib/authority/change/stageRoot.ts'
import { parseCertificate } from '../../../../lib/x509/certificate.ts'
import { encodePem, parsePemCertificates } from '../../../../lib/x509/pemBlock.ts'
import { temporaryFolder } from '../../../local/temporaryFolder.ts'
import { openssl } from '../../../openssl.ts'
import type { Members } from '../../../tenants.ts'
import { generationIn } from '../generations.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'

/** A root that openssl made, valid from the moment of the test on, and what it signs. */
export interface OfflineRoot {
  /** DER Certificate. */
  readonly certificate: Uint8Array
  /** The first second of its validity. */
  readonly from: Date
  /** Signs a DER request as docs/operations.md says, with other options and other extensions where a test gives them. */
  sign(
    csr: Uint8Array,
    changes?: { readonly options?: readonly string[]; readonly extensions?: string },
  ): Promise<Uint8Array>
}

/** What a test changes of a good root. */
export interface OfflineRootChanges {
  /** What follows `-newkey`. */
  readonly key?: readonly string[]
  readonly subject?: string
  readonly digest?: string
  readonly days?: number
  /** The values of `-addext`. */
  readonly extensions?: readonly string[]
}

/** The extensions of docs/operations.md. */
export const rootExtensions = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,digitalSignature,keyCertSign',
  'certificatePolicies=2.5.29.32.0',
  'authorityKeyIdentifier=none',
]

const single = async (file: string): Promise<Uint8Array> => {
  const [der] = parsePemCertificates(await readFile(file, 'utf8'))
  if (der) return der
  throw new Error(`${file} holds no certificate.`)
}

/** Makes a root by the commands of docs/operations.md. */
export const offlineRoot = async (changes: OfflineRootChanges = {}): Promise<OfflineRoot> => {
  const {
    key = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    subject = '/O=Contoso/CN=Contoso VPN offline root',
    digest = 'sha256',
    days = 3650,
    extensions = rootExtensions,
  } = changes
  const folder = await temporaryFolder()
  const file = (name: string) => join(folder, name)
  const files = ['-keyout', file('offline.key'), '-out', file('offline.pem')]
  const added = extensions.flatMap((extension) => ['-addext', extension])
  const wanted = ['-days', String(days), '-subj', subject, `-${digest}`, ...added]
  openssl(['req', '-x509', '-newkey', ...key, '-nodes', ...files, ...wanted])
  const certificate = await single(file('offline.pem'))
  return {
    certificate,
    from: parseCertificate(certificate).tbs.notBefore,
    async sign(csr, { options = ['-days', '90', '-copy_extensions', 'copyall'], extensions: extra } = {}) {
      await writeFile(file('issuer.csr'), encodePem('CERTIFICATE REQUEST', csr))
      await writeFile(file('issuer.ext'), extra ?? 'authorityKeyIdentifier = keyid:always\n')
      const ca = ['-CA', file('offline.pem'), '-CAkey', file('offline.key'), '-CAcreateserial']
      const out = ['-extfile', file('issuer.ext'), '-out', file('issuer.pem')]
      openssl(['x509', '-req', '-in', file('issuer.csr'), ...ca, ...options, ...out])
      return single(file('issuer.pem'))
    },
  }
}

/** An authority beside whose own roots an offline one is staged, and the request for the next issuer. */
export interface OfflineAuthority extends AsyncDisposable {
  readonly made: MadeAuthority
  readonly offline: OfflineRoot
  readonly before: Authority
  readonly root: Generation
  readonly key: AuthorityKey
  /** DER CertificationRequest. */
  readonly csr: Uint8Array
}

/** Makes an authority, stages an offline root in it, and asks for the issuer beneath. */
export const offlineAuthority = async (
  changes: OfflineRootChanges = {},
  document: Members = {},
): Promise<OfflineAuthority> => {
  const offline = await offlineRoot(changes)
  const made = await makeAuthority(document, offline.from)
  const { certificate } = offline
  const without = await made.read()
  const { change } = await stageRoot(
    made.tenant,
    { before: without, staging: { certificate } },
    made.ceremony(),
  )
  const before = await made.apply({ before: without, change })
  const root = generationIn(before, 'root~0003')
  const { number, key } = await requestKey(made.tenant, { before, root }, made.ceremony())
  return {
    made,
    offline,
    before,
    root,
    key,
    csr: await issuerCsr(made.tenant, { key, number }, randomUUID()),
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  }
}
