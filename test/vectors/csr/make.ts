import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attributeVectors } from './make/attributes.ts'
import { cutVectors } from './make/cuts.ts'
import { derVectors } from './make/der.ts'
import { ecKeyVectors } from './make/ecKeys.ts'
import { ed25519KeyVectors } from './make/ed25519Keys.ts'
import { nameVectors } from './make/names.ts'
import { objectVectors } from './make/objects.ts'
import { otherKeyVectors } from './make/otherKeys.ts'
import { pemVectors } from './make/pem.ts'
import { rsaKeyVectors } from './make/rsaKeys.ts'
import { signatureAlgorithmVectors } from './make/signatureAlgorithms.ts'
import { signatureVectors } from './make/signatures.ts'
import { subjectVectors } from './make/subjects.ts'

/** Makes the files that are missing: `node test/vectors/csr/make.ts`. What exists is never written again. */
const folder = fileURLToPath(new URL('.', import.meta.url))

const all = [
  attributeVectors,
  cutVectors,
  derVectors,
  ecKeyVectors,
  ed25519KeyVectors,
  nameVectors,
  objectVectors,
  otherKeyVectors,
  pemVectors,
  rsaKeyVectors,
  signatureAlgorithmVectors,
  signatureVectors,
  subjectVectors,
]

for (const [file, make] of all.flatMap((vectors) => Object.entries(vectors))) {
  const path = join(folder, file)
  if (existsSync(path)) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, make())
  process.stdout.write(`${file}\n`)
}
