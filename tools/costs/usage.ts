import { renewalWindow } from '../../lib/enroll/renewal.ts'

/** Seconds of a month: 730 hours. */
export const monthSeconds = 730 * 3600

/** What infra/ deploys; a test counts it there. */
export const deployed = {
  /** Two roots and an issuer, of one tenant. */
  keys: 3,
  queryAlertsOften: 3,
  queryAlerts: 10,
  metricAlerts: 5,
  /** From three places, every five minutes. */
  webTestRuns: (3 * monthSeconds) / 300,
  privateEndpoints: 6,
  privateZones: 3,
  /** GB of memory of an instance that enrolls, and of the one that keeps house. */
  instanceGigabytes: 2,
  housekeepingGigabytes: 0.5,
  retentionDays: 90,
  logRetentionDays: 90,
} as const

/** What a certificate takes. Counted in the code, where not said otherwise. */
export const perCertificate = {
  signatures: 1,
  /** One look-up of the token, one insert. */
  tableTransactions: 2,
  /** Estimated from the columns: text has two octets a character. */
  rowKilobytes: 3,
  /** Assumed: the lines of app and host 2 KB, the record of the vault 1.2 KB. */
  logKilobytes: 3.2,
  /** Assumed: a span for the request and ten for its stages, 0.75 KB each. */
  traceKilobytes: 8.25,
} as const

/** What is assumed of an instance and of load. */
export const assumed = {
  /** What is billed for a request that comes alone, in seconds (learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing). */
  billedSeconds: 1,
  /** Certificates a second of one instance; 16 at a time of 60 ms each would be 267. */
  perInstance: 100,
  /** How much more is asked for in the morning than on average. */
  peak: 4,
  /** Signatures a second of a vault with EC keys in HSMs (learn.microsoft.com/azure/key-vault/general/service-limits). */
  perVault: 200,
  /** How much of that to plan with. */
  load: 0.7,
  /** Vaults' worth of signatures that a subscription has in a region (the same page). */
  vaultsPerSubscription: 5,
  /** Entities a second of a partition (learn.microsoft.com/azure/storage/tables/scalability-targets). */
  perPartition: 2_000,
  /** Partitions of a tenant and day. */
  partitions: 16,
  /** GB of logs and metrics of a month in which nobody asks for anything. */
  idleLogGigabytes: 0.3,
} as const

const issuedAt = new Date(0)
const hour = new Date(3_600_000)
const { start, end } = renewalWindow(issuedAt, hour, 0.5)

/** Seconds between two certificates of a device whose certificates live an hour, on average. */
export const renewalSeconds = (start.getTime() + end.getTime()) / 2 / 1000
