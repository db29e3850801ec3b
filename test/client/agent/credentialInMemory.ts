import { X509Certificate } from 'node:crypto'
import type { AgentState } from '../../../client/agent/agentState.ts'
import { noState } from '../../../client/agent/agentState.ts'
import type { CredentialSettings, CredentialSpec } from '../../../client/agent/credentialSpec.ts'
import { softwareKeys } from '../../../client/credential/clientKey.ts'
import type { HeldCredential } from '../../../client/credential/credentialStore.ts'

/** A credential that no disk holds, with a new token each time. */
export const credentialInMemory = (
  url: string,
  changes: Partial<CredentialSettings> = {},
): CredentialSpec & {
  readonly inUse: () => HeldCredential | undefined
  readonly remembered: () => AgentState
} => {
  let held: HeldCredential | undefined
  let state = noState
  let tokens = 0
  return {
    folder: '/somewhere/ada',
    store: {
      held: async () => held,
      settle: async () => undefined,
      pendingKey: () => softwareKeys().make(),
      accept: async ({ certificate }, key) => {
        const {
          serialNumber,
          validFromDate: notBefore,
          validToDate: notAfter,
        } = new X509Certificate(certificate)
        held = { certificate, key, serialNumber: serialNumber.toLowerCase(), notBefore, notAfter }
      },
    },
    files: {},
    url,
    tenant: 'contoso',
    token: { kind: 'command', answersChallenges: true, get: async () => `a.${(tokens += 1)}.c` },
    readDeviceTokens: async () => ({}),
    isInteractive: false,
    state: {
      read: async () => state,
      write: async (next) => {
        state = next
      },
    },
    exclusively: (act) => act(),
    inUse: () => held,
    remembered: () => state,
    ...changes,
  }
}
