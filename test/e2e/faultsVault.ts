import { keyVaultSigners } from '../../lib/keys/keyVaultSigners.ts'
import { type Fault, faultyVault } from '../faultyVault.ts'
import type { FaultyKeys } from './faultsWorld.ts'

/** What is wrong with the keys of one tenant. */
export interface VaultTrouble {
  /** The request id of every signature that the vault made since it began. */
  readonly signed: readonly string[]
  heal(): void
}

/** A vault for all cases, in which the keys of each tenant fail on their own. */
export interface FaultsVault extends AsyncDisposable {
  readonly keys: FaultyKeys
  fail(tenant: string, fault: Fault): VaultTrouble
}

interface Trouble {
  fault: Fault | undefined
  readonly signed: string[]
}

const requestIdOf = ({ headers }: Parameters<Fault>[0]): string =>
  String(headers['x-ms-client-request-id'] ?? '')

/** Starts the vault. */
export const faultsVault = async (): Promise<FaultsVault> => {
  const vault = await faultyVault()
  const troubles = new Map<string, Trouble>()
  vault.fault = (request, answer) => {
    const [, tenant = ''] = /^\/keys\/(.+?)--/.exec(request.url.pathname) ?? []
    const trouble = troubles.get(tenant)
    const answerAndCount = () => {
      if (request.url.pathname.endsWith('/sign')) trouble?.signed.push(requestIdOf(request))
      return answer()
    }
    return trouble?.fault ? trouble.fault(request, answerAndCount) : answerAndCount()
  }
  return {
    keys: { keys: vault.keys(), signers: () => keyVaultSigners(vault.location()) },
    fail(tenant, fault) {
      const trouble: Trouble = { fault, signed: [] }
      troubles.set(tenant, trouble)
      return { signed: trouble.signed, heal: () => void (trouble.fault = undefined) }
    },
    [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
  }
}
