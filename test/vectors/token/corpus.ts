import { algorithms } from './algorithms.ts'
import { claims } from './claims.ts'
import { claimsSet } from './claimsSet.ts'
import { encoding } from './encoding.ts'
import { headers } from './headers.ts'
import { kind } from './kind.ts'
import { signatures } from './signatures.ts'
import type { SettingName } from './settings.ts'
import { source } from './source.ts'
import { times } from './times.ts'
import type { Deviation, TokenCase } from './tokenCase.ts'
import { upn } from './upn.ts'

/** Every token that is refused, by theme. */
export const corpus: Readonly<Record<string, readonly TokenCase[]>> = {
  algorithms,
  signatures,
  headers,
  source,
  kind,
  claims,
  claimsSet,
  times,
  upn,
  encoding,
}

/** What a good token of a setting has, that the tests' issuers do not write by themselves. */
export const controls: Readonly<Record<SettingName, Deviation>> = {
  generic: {},
  entra: {},
  rsa: {},
  severalKeys: {},
  tenantClaim: { claims: { org: 'red' } },
  sidRequired: {},
}
