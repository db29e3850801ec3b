import { Refusal } from '../errors/refusal.ts'
import type { KeyProvider, SignerSource } from './signer.ts'

/** Where keys may be, by the scheme of their references; what is not there cannot be opened. */
export interface BySchemes<Source extends SignerSource> {
  readonly 'local:'?: Source | undefined
  readonly 'https:'?: Source | undefined
}

const choose = <Source extends SignerSource>(sources: BySchemes<Source>, keyReference: string): Source => {
  const [scheme] = /^(?:local|https):/.exec(keyReference) ?? []
  const source = scheme === undefined ? undefined : sources[scheme as keyof BySchemes<Source>]
  if (source) return source
  throw new Refusal(
    'signer-refused',
    `Cannot open the key ${JSON.stringify(keyReference.slice(0, 200))}: this process has no such keys.`,
  )
}

/** Opens each key where its reference says that it is. */
export const signersByScheme = (sources: BySchemes<SignerSource>): SignerSource => ({
  open: async (keyReference, algorithm) => choose(sources, keyReference).open(keyReference, algorithm),
})

/** Makes keys in one place, and opens each where its reference says that it is. */
export const keysByScheme = (
  sources: BySchemes<KeyProvider>,
  newKeys: Pick<KeyProvider, 'create' | 'holds'>,
): KeyProvider => ({
  create: (name, algorithm) => newKeys.create(name, algorithm),
  holds: (keyReference) => newKeys.holds(keyReference),
  open: async (keyReference) => choose(sources, keyReference).open(keyReference),
})
