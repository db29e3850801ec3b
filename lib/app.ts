import { randomBytes, randomUUID } from 'node:crypto'
import { type Adopted, type Adoption, recordAdoption } from './authority/adopt/adoption.ts'
import type { Issuer } from './authority/authority.ts'
import { partiesOf } from './authority/adopt/parties.ts'
import { type Readiness, readinessOf, unready } from './authority/sign/readiness.ts'
import { takeTurn } from './enroll/authenticate.ts'
import { openServices, type Services, type ServicesOptions } from './enroll/services.ts'
import { waitsOf } from './admission/places.ts'
import type { PublishedBundle } from './authority/publishedBundle.ts'
import { tablesLate } from './deadline/deadline.ts'
import type { Directory } from './directory/directory.ts'
import type { DropList } from './drops/dropList.ts'
import { dropsOf } from './drops/publish/dropsOf.ts'
import { type DropsQuestion, findDrops } from './drops/publish/findDrops.ts'
import { enroll, type Enrolled, type Enrollment } from './enroll/enroll.ts'
import { Refusal } from './errors/refusal.ts'
import { type ClientIpOf, forwardedClientIp, unknownClientIp } from './http/forwardedClientIp.ts'
import { type Serve, type Served, serving } from './http/serve.ts'
import type { SignerSource } from './keys/signer.ts'
import { dailyTablesAhead } from './ledger/record/ledgerKey.ts'
import type { CountryOf } from './policy/countryOf.ts'
import type { RequestTimes } from './deadline/requestTimes.ts'
import type { Tables } from './store/tables.ts'
import { type Metrics, metricsOf } from './telemetry/metrics.ts'
import {
  type SigningIds,
  formatIssuerFailure,
  formatProbe,
  formatWastedSignature,
} from './telemetry/signingIds.ts'
import { type Telemetry, unexported } from './telemetry/telemetry.ts'
import { fetchJson } from './token/fetchJson.ts'

/** Everything that the settings decide: it has a state, or reaches the world outside. */
export interface Parts {
  readonly tables: Tables
  readonly signerSource: SignerSource
  /** Whether token issuers may be fetched over plain http from this machine. */
  readonly allowLoopbackHttp: boolean
  /** Whether the platform writes the client's address into X-Forwarded-For, as the right-most entry; not when left out. */
  readonly isForwarded?: boolean
  /** Tells countries by addresses, where the deployment has a database of them. */
  readonly countryOf?: CountryOf | undefined
  /** Tells of devices, where the deployment has a directory. */
  readonly directory?: Directory | undefined
  readonly now: () => Date
  readonly times: RequestTimes
  /** Where spans and measurements go; nowhere when left out. */
  readonly telemetry?: Telemetry
}

/** Serves the functions. */
export interface App {
  readonly serve: Serve
  readonly enroll: (enrollment: Enrollment, served: Served) => Promise<Enrolled>
  readonly clientIpOf: ClientIpOf
  readonly adopt: (adoption: Adoption, served: Served) => Promise<Adopted>
  /** Finds whose sessions end. @throws {Refusal} */
  readonly findDrops: (question: DropsQuestion, served: Served) => Promise<DropList>
  /** Finds the trust bundle of the tenant that a URL names. @throws {Refusal} */
  readonly findBundle: (tenant: string, served: Served) => Promise<PublishedBundle>
  readonly readiness: (served: Served) => Promise<Readiness>
  /** Sends what is not exported yet, within seconds. */
  readonly stop: () => Promise<void>
}

/** The host forwards what is written to standard error. */
const report = (line: string): void => void process.stderr.write(`${line}\n`)

/** Explains to an auditor what the key's log shows and the ledger does not. */
const reportProbe = ({ generation: { tenant, id: issuer } }: Issuer, ids: SigningIds): void =>
  report(formatProbe({ tenant, issuer, ...ids }))

/** Tells the operator, on a line and in numbers, of what clients do not see. */
const reports = (metrics: Metrics): Pick<ServicesOptions, 'onIssuerFailure' | 'onWasted'> => ({
  onWasted(wasted) {
    report(formatWastedSignature(wasted))
    metrics.wasted(wasted.tenant, wasted.reason)
  },
  onIssuerFailure({ generation: { tenant, id: issuer } }, { cause, requestId, vaultRequestId }) {
    report(formatIssuerFailure({ tenant, issuer, requestId, vaultRequestId, cause }))
    metrics.issuerFailed(tenant, issuer, cause instanceof Refusal ? cause.code : 'fault')
  },
})

const gauge = (metrics: Metrics, { turns, places, signers, authorities, keys, now }: Services): void => {
  metrics.gauge('gate.depth', () => [
    { value: turns.depth, attributes: { gate: 'token' } },
    { value: places.taken, attributes: { gate: 'place' } },
  ])
  metrics.gauge('issuer.resting', () =>
    // Of those alone that sign now: one that failed and was retired never signs again.
    signers
      .resting(authorities.known().flatMap(({ issuers }) => issuers))
      .map((issuer) => ({ value: 1, attributes: { issuer } })),
  )
  metrics.gauge('bundle.age', () =>
    authorities.known().map(({ tenant, bundle }) => ({
      value: (now().getTime() - bundle.issuedAt.getTime()) / 1000,
      attributes: { tenant },
    })),
  )
  metrics.gauge('generation.remaining', () =>
    authorities
      .known()
      .flatMap(({ generations }) => generations.filter(({ state }) => state === 'active'))
      .map(({ tenant, kind, id: generation, tbs }) => ({
        value: (tbs.notAfter.getTime() - now().getTime()) / 1000,
        attributes: { tenant, kind, generation },
      })),
  )
  metrics.gauge('jwks.age', () =>
    keys.known().map(({ issuer, ageSeconds }) => ({ value: ageSeconds, attributes: { issuer } })),
  )
  metrics.gauge('jwks.stale', () =>
    keys.known().map(({ issuer, isStale }) => ({ value: Number(isStale), attributes: { issuer } })),
  )
}

const clock = () => performance.now()

/** Serves before there are parts: nothing is measured. */
export const serveUnmeasured: Serve = serving(clock)

/** Composes the app of its parts. Sends nothing: the app starts when its dependencies are down. */
export const composeApp = (parts: Parts): App => {
  const { tables, signerSource, allowLoopbackHttp, now, times, telemetry = unexported() } = parts
  const metrics = metricsOf(telemetry.meter)
  const services = openServices({
    tables,
    signerSource,
    fetchJson: fetchJson({ allowLoopbackHttp }),
    now,
    clock,
    random: (octets: number) => randomBytes(octets),
    uuid: randomUUID,
    chance: Math.random,
    times,
    countryOf: parts.countryOf,
    directory: parts.directory,
    metrics,
    ...reports(metrics),
  })
  gauge(metrics, services)
  const { tenants, authorities, denyLists, signers, places } = services
  const parties = partiesOf(tables, () => now().getTime())
  const make = dropsOf()
  // A token that is good now expires today or at the latest 28 hours from now.
  const neededTables = () => ['tenants', ...dailyTablesAhead(now(), 2)]
  const probe = { tables, neededTables, signers, now, uuid: randomUUID, onProbe: reportProbe }
  const readiness = readinessOf(probe)
  return {
    serve: serving(clock, {
      telemetry,
      metrics,
      times,
      takeTurn: (tenant, deadline) => takeTurn(tenant, deadline, services),
      isKnown: (tenant) => tenants.isKnown(tenant),
    }),
    enroll: (enrollment, served) => enroll(enrollment, services, served),
    clientIpOf: parts.isForwarded === true ? forwardedClientIp : unknownClientIp,
    adopt: (adoption, { deadline }) =>
      recordAdoption(adoption, { tables, tenants, parties, authorities, places, now, deadline }),
    findDrops: (question, { deadline }) =>
      findDrops(question, { tenants, parties, denyLists, places, make, now, deadline }),
    async findBundle(id, { deadline }) {
      const { wait, waitAsStranger } = waitsOf(deadline, places)
      const { tenant } = await tenants.resolve(id, wait, waitAsStranger)
      return authorities.resolveBundle(tenant, wait)
    },
    readiness: ({ deadline }) => deadline.within(readiness(), tablesLate).catch(() => unready),
    stop: () => telemetry.stop(),
  }
}
