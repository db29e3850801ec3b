import type { CredentialSpec } from './credentialSpec.ts'
import { believedAhead } from './believedAhead.ts'
import { keepCredential } from './keepCredential.ts'
import type { Kept } from './runAgent.ts'

/** Lets an agent keep a credential. Begins by telling what is held. */
export const keptCredential = (spec: CredentialSpec): Kept => {
  let isTold = false
  return {
    subject: spec.folder,
    aheadSeconds: async (world) => believedAhead(await spec.state.read(), world),
    async look(around) {
      const { until, held, renewAt, error } = await keepCredential(spec, around)
      if (!isTold && held && renewAt && !error) {
        const [notAfter, at] = [held.notAfter.toISOString(), renewAt.toISOString()]
        const text = `The certificate is good until ${notAfter}; the next one comes at ${at}.`
        around.world.report({
          kind: 'waiting',
          level: 'info',
          subject: spec.folder,
          text,
          facts: { notAfter, renewAt: at },
        })
      }
      isTold = true
      return until
    },
  }
}
