import { join } from 'node:path'
import type { AgentEvent } from '../../../client/agent/agentEvent.ts'
import { keepTrust } from '../../../client/agent/keepTrust.ts'
import type { TrustHook, TrustSpec } from '../../../client/agent/trustSpec.ts'
import { openTrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testTime } from '../../world.ts'
import type { BundleWorld } from '../bundleWorld.ts'
import { type Received, type Reply, serve } from '../serve.ts'

/** A place that serves a bundle, which a test changes; undefined is an outage. */
export const bundlePlace = async (jws?: string) => {
  const place = { jws, reply: undefined as ((received: Received) => Reply) | undefined }
  const { url, received } = await serve((asked) => {
    if (place.reply) return place.reply(asked)
    if (place.jws === undefined) return { status: 500, body: '' }
    return asked.path?.endsWith('/trust.jws') === true ? { body: place.jws } : { status: 404, body: '' }
  })
  return Object.assign(place, { url, received })
}

/** A VPN server that keeps the trust bundle of a tenant, at a time of the test's own. */
export const trustWorld = async (bench: BundleWorld, places: readonly { readonly url: string }[]) => {
  const folder = join(await temporaryFolder(), 'trust')
  const events: AgentEvent[] = []
  const time = { now: testTime }
  const hook = { runs: [] as Readonly<Record<string, string>>[], answers: [] as (string | undefined)[] }
  const { tenant, expected } = bench
  const onTrustChange: TrustHook = async (facts) => {
    hook.runs.push(facts)
    return hook.answers.shift()
  }
  const spec: TrustSpec = { folder, tenant, places, anchors: expected.anchors, onTrustChange }
  const world = {
    now: () => time.now,
    chance: () => 0,
    report: (event: AgentEvent) => void events.push(event),
  }
  return {
    folder,
    hook,
    spec,
    world,
    /** Looks once, some hours after the last time. */
    look: async (hours = 0, changes: Partial<TrustSpec> = {}) => {
      time.now = new Date(time.now.getTime() + hours * 3_600_000)
      events.length = 0
      const pass = await keepTrust({ ...spec, ...changes }, world, new AbortController().signal)
      return { ...pass, events: events.map(({ kind, level }) => `${kind} ${level}`), told: [...events] }
    },
  }
}

/** A service that serves bundles in their order, and takes reports of them. */
export const reportingService = async (bench: BundleWorld, all: readonly string[]) => {
  const anchors = [bench.root(1).digest, bench.root(2).digest]
  const known = await Promise.all(all.map((jws) => openTrustBundle(jws, { tenant: bench.tenant, anchors })))
  const service = { current: 1, reports: [] as number[] }
  const { url, received } = await serve(({ method, body }) => {
    if (method !== 'POST') return { body: known.find(({ sequence }) => sequence === service.current)?.jws }
    const { sha256: digest } = JSON.parse(body) as { readonly sha256: string }
    const sequence = known.find(({ sha256 }) => sha256.json === digest)?.sequence ?? 0
    service.reports.push(sequence)
    return { body: { relyingParty: 'vpn', sequence, currentSequence: service.current } }
  })
  return Object.assign(service, { url, received, relyingParty: { url, name: 'vpn', secret: 'c2VjcmV0' } })
}
