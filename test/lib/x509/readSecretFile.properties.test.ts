import { createPrivateKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { readPrivateKeyFile } from '../../../lib/x509/readSecretFile.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyOctets } from './fixtures/arbitraries.ts'
import { corpusKeys } from './fixtures/corpus.ts'
import { derMutationsOf, textMutationsOf } from './fixtures/mutations.ts'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'mayfly-key-fuzz-'))))
afterAll(() => rm(folder, { recursive: true }))

const keys = [corpusKeys.p256, corpusKeys.ed25519, corpusKeys.rsa]
const ders = keys.map((key) => Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' })))
const pems = ders.map((der) => encodePem('PRIVATE KEY', der))
const contents = fc.oneof(
  anyOctets(200),
  textMutationsOf(pems).map((text) => Buffer.from(text, 'latin1')),
  derMutationsOf(ders).map((der) => Buffer.from(encodePem('PRIVATE KEY', der))),
)

/** Lines of at least sixteen characters: what could be key material if a message repeated it. */
const secretsOf = (text: string) => text.split(/[^A-Za-z0-9+/=]+/).filter(({ length }) => length >= 16)

describe('readPrivateKeyFile()', () => {
  it('refuses with key-file-refused and throws nothing else, whatever the file holds, and repeats none of it', async () => {
    const file = join(folder, 'key.pem')
    await writeFile(file, '', { mode: 0o600 })
    const outcomes = new Set<string>()
    const property = fc.asyncProperty(contents, async (bytes) => {
      await writeFile(file, bytes)
      const outcome = await readPrivateKeyFile(file).catch((error: unknown) => error)
      if (!(outcome instanceof Error)) return void outcomes.add('read')
      expect(outcome).toBeInstanceOf(Refusal)
      expect(outcome).toMatchObject({ code: 'key-file-refused' })
      expect(outcome.cause).toBeUndefined()
      outcomes.add('refused')
      for (const secret of secretsOf(Buffer.from(bytes).toString('latin1')))
        expect(`${outcome.message}${outcome.stack}`).not.toContain(secret)
    })
    await fc.assert(property, { numRuns: fuzzRuns(500), examples: [[Buffer.from(pems[0] ?? '')]] })
    expect([...outcomes].sort()).toEqual(['read', 'refused'])
  })

  it('reads back the key of every file that was not touched', async () => {
    const file = join(folder, 'whole.pem')
    await writeFile(file, '', { mode: 0o600 })
    for (const pem of pems) {
      await writeFile(file, pem)
      expect((await readPrivateKeyFile(file))?.equals(createPrivateKey(pem))).toBe(true)
    }
  })
})
