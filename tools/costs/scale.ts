import { executing, idle, perMillion, sum, tracing } from './money.ts'
import { prices } from './prices.ts'
import { assumed, monthSeconds, perCertificate, renewalSeconds } from './usage.ts'

/** What a number of devices takes that renew around the clock. */
export interface Scale {
  readonly devices: number
  /** Millions a month. */
  readonly certificates: number
  /** Signatures a second, on average and in the morning. */
  readonly average: number
  readonly peak: number
  /** Issuers, each in a vault of its own. */
  readonly vaults: number
  /** Pairs of subscription and region that so many vaults want. */
  readonly subscriptions: number
  /** Of what one partition takes, with one tenant, as a part of 1. */
  readonly partition: number
  /** Instances in the morning. */
  readonly instances: number
  /** A month, with all traces exported and with a tenth. */
  readonly usd: { readonly all: number; readonly tenth: number }
}

/** How many instances are billed at a time: below one, the part of the seconds in which somebody asks, when all ask at random. */
const billedInstances = (perSecond: number): number => {
  const { billedSeconds, perInstance } = assumed
  return perSecond > perInstance ? perSecond / perInstance : 1 - Math.exp(-perSecond * billedSeconds)
}

/** Computes what a number of devices takes. */
export const scaleOf = (devices: number): Scale => {
  const {
    peak: factor,
    perVault,
    load,
    vaultsPerSubscription,
    partitions,
    perPartition,
    perInstance,
  } = assumed
  const average = devices / renewalSeconds
  const peak = factor * average
  const certificates = (average * monthSeconds) / 1_000_000
  const vaults = Math.ceil(peak / (load * perVault))
  const extraIssuers = (vaults - 1) * prices.hsmKey.usd
  const time = executing('', billedInstances(average) / average).usd
  const usdWith = (share: number) =>
    sum(idle()) + extraIssuers + certificates * (sum(perMillion()) + time + tracing('', share).usd)
  return {
    devices,
    certificates,
    average,
    peak,
    vaults,
    subscriptions: Math.ceil(vaults / vaultsPerSubscription),
    partition: (peak * perCertificate.tableTransactions) / partitions / perPartition,
    instances: Math.ceil(peak / perInstance),
    usd: { all: usdWith(1), tenth: usdWith(0.1) },
  }
}
