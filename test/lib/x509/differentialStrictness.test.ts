import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyDer } from './fixtures/arbitraries.ts'
import { corpusCertificates, corpusCsrs } from './fixtures/corpus.ts'
import { derMutationsOf } from './fixtures/mutations.ts'
import { hex, octets } from './fixtures/octets.ts'
import { opensslVerdicts, seenByLibrary } from './fixtures/oracles.ts'
import { strictnessRules } from './fixtures/strictness.ts'

const maxDepth = 12

/** What checkDer() says against the octets; undefined when it accepts. */
const detailOf = (bytes: Uint8Array): string | undefined => {
  try {
    checkDer(bytes, maxDepth)
    return undefined
  } catch (error) {
    if (error instanceof DerError) return error.message
    throw error
  }
}

const libraryAccepts = (bytes: Uint8Array): boolean => {
  try {
    seenByLibrary(bytes)
    return true
  } catch {
    return false
  }
}

const rulesOf = (detail: string) => strictnessRules.filter((rule) => rule.detail.test(detail))

describe('openssl or @peculiar/x509 accepts, Mayfly refuses:', () => {
  const examples = strictnessRules.map(({ example }) => octets(example))
  const verdicts = opensslVerdicts('asn1parse', examples)

  it.each(strictnessRules.map((rule, index) => ({ ...rule, index })))(
    '$rule',
    ({ index, detail, openssl, library }) => {
      const example = examples[index] ?? new Uint8Array()
      expect(detailOf(example)).toMatch(detail)
      expect({ openssl: verdicts[index], library: libraryAccepts(example) }).toEqual({ openssl, library })
    },
  )
})

describe('The list of rules', () => {
  it('names every reason that checkDer() has', () => {
    const source = ['derReader', 'checkDer']
      .map((name) => readFileSync(new URL(`../../../lib/x509/${name}.ts`, import.meta.url), 'utf8'))
      .join('')
    const ofReaders = [
      'an integer is out of its range',
      'a boolean that defaults',
      'does not hold whole octets',
      'expected ',
    ]
    const reasons = [...source.matchAll(/new DerError\(\s*(['`])(.*?)\1/g)].map(([, , reason = '']) => reason)
    const unnamed = reasons
      .filter((reason) => !ofReaders.some((own) => reason.includes(own)))
      .map((reason) => reason.replace('${describeTag(tag)}', 'tag 0x24'))
      .filter((reason) => rulesOf(reason).length === 0)
    expect(reasons.length).toBeGreaterThan(25)
    expect(unnamed).toEqual([])
  })

  it('explains every mutation that Mayfly refuses and one of the others accepts', () => {
    const mutated = fc.oneof(
      derMutationsOf([...corpusCsrs, ...corpusCertificates]),
      anyDer.chain((der) => derMutationsOf([der])),
    )
    const refused = mutated.filter((bytes) => detailOf(bytes) !== undefined)
    const found = new Set<string>()
    const property = fc.property(fc.array(refused, { minLength: 250, maxLength: 250 }), (inputs) => {
      const verdicts = opensslVerdicts('asn1parse', inputs)
      inputs.forEach((bytes, index) => {
        const by = { openssl: verdicts[index] ?? false, library: libraryAccepts(bytes) }
        if (!by.openssl && !by.library) return
        const detail = detailOf(bytes) ?? ''
        const rules = rulesOf(detail)
        for (const { rule } of rules) found.add(rule)
        // Whoever accepts has a rule whose example it accepts as well.
        const explained = {
          openssl: !by.openssl || rules.some(({ openssl }) => openssl),
          library: !by.library || rules.some(({ library }) => library),
        }
        expect({ explained, detail, bytes: hex(bytes) }).toEqual({
          explained: { openssl: true, library: true },
          detail,
          bytes: hex(bytes),
        })
      })
    })
    fc.assert(property, { numRuns: fuzzRuns(1), endOnFailure: true })
    expect(found.size).toBeGreaterThan(10)
  })
})
