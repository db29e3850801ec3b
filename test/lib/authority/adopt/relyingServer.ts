import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoredBundle } from '../../../../lib/authority/storedBundle.ts'
import { encodePem } from '../../../../lib/x509/pemBlock.ts'
import { openssl } from '../../../openssl.ts'

/** A leaf, and what its client sends along. */
export interface HeldLeaf {
  /** DER. */
  readonly certificate: Uint8Array
  /** DER. */
  readonly chain: readonly Uint8Array[]
  readonly serialNumber: string
  readonly issuerId: string
  readonly notAfter: Date
}

interface Listed {
  readonly sha256: string
  readonly id: string
  readonly certificate: string
}

/** The JSON of a bundle, as a server without our code reads it. */
export interface BundleDocument {
  readonly roots: readonly Listed[]
  readonly issuers: readonly Listed[]
}

/** Reads the JSON of a bundle. */
export const bundleDocument = ({ encodings }: Pick<StoredBundle, 'encodings'>): BundleDocument =>
  JSON.parse(Buffer.from(encodings['trust.json']).toString()) as BundleDocument

const pemOf = (listed: readonly Listed[]): string => listed.map(({ certificate }) => certificate).join('')

/** The ways in which servers put a bundle to use: each the PEM file of what they trust. */
export const installations: Readonly<Record<string, (bundle: StoredBundle) => string>> = {
  'trust.pem': ({ encodings }) => Buffer.from(encodings['trust.pem']).toString(),
  'roots and issuers': (bundle) => {
    const { roots, issuers } = bundleDocument(bundle)
    return pemOf([...roots, ...issuers])
  },
  'roots alone': (bundle) => pemOf(bundleDocument(bundle).roots),
}

/** Leaves that came with the same chain, so that one run of openssl judges them all. */
const byChain = (leaves: readonly HeldLeaf[]): readonly (readonly HeldLeaf[])[] =>
  Object.values(
    Object.groupBy(leaves, ({ chain }) => chain.map((der) => Buffer.from(der).toString('base64')).join(' ')),
  ).map((group) => group ?? [])

/** A VPN server as openssl plays it: it knows nothing but a file of trust anchors, and what clients send. */
export interface RelyingServer extends Disposable {
  /**
   * Verifies leaves with the chains they came with.
   * @param anchors PEM; what is self-signed in it is an anchor, the rest an intermediate.
   * @throws {Error} with openssl's reasons where it does not accept.
   */
  accept(leaves: readonly HeldLeaf[], anchors: string, at: Date): void
}

/** Makes a server with a folder of its own. */
export const relyingServer = (): RelyingServer => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-server-'))
  const files = new Map<string, string>()
  const write = (pem: string): string => {
    const known = files.get(pem)
    if (known !== undefined) return known
    const file = join(folder, `${files.size}.pem`)
    writeFileSync(file, pem)
    files.set(pem, file)
    return file
  }
  const writeDer = (...ders: readonly Uint8Array[]) =>
    write(ders.map((der) => encodePem('CERTIFICATE', der)).join(''))
  return {
    accept(leaves, anchors, at) {
      const time = ['-attime', String(Math.floor(at.getTime() / 1000))]
      const trust = ['-no-CApath', '-no-CAstore', '-CAfile', write(anchors)]
      for (const group of byChain(leaves)) {
        const sent = group.slice(0, 1).flatMap(({ chain }) => ['-untrusted', writeDer(...chain)])
        const held = group.map(({ certificate }) => writeDer(certificate))
        openssl(['verify', '-x509_strict', '-purpose', 'sslclient', ...time, ...trust, ...sent, ...held])
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
