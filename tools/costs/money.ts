import { prices } from './prices.ts'
import { assumed, deployed, monthSeconds, perCertificate } from './usage.ts'

/** What something costs, and how that comes about. */
export interface Cost {
  readonly what: string
  readonly arithmetic: string
  readonly usd: number
}

const hours = monthSeconds / 3600

const times = (what: string, count: number, { usd }: { readonly usd: number }): Cost => ({
  what,
  arithmetic: `${count} x ${usd.toFixed(2)}`,
  usd: count * usd,
})

/** Adds costs up, in US dollars. */
export const sum = (costs: readonly Cost[]): number => costs.reduce((total, { usd }) => total + usd, 0)

/** What a month costs in which nobody asks for anything. */
export const idle = (): readonly Cost[] => {
  const { housekeepingGigabytes } = deployed
  const { billedSeconds, idleLogGigabytes } = assumed
  return [
    times('keys in HSMs: two roots, one issuer', deployed.keys, prices.hsmKey),
    times('alerts over logs, every 5 min', deployed.queryAlertsOften, prices.queryAlertOften),
    times('alerts over logs, less often', deployed.queryAlerts, prices.queryAlert),
    times('alerts over metrics', deployed.metricAlerts, prices.metricAlert),
    {
      what: 'asking `/readyz` from three places, every 5 min',
      arithmetic: `${deployed.webTestRuns} x ${prices.webTestRun.usd}`,
      usd: deployed.webTestRuns * prices.webTestRun.usd,
    },
    {
      what: 'housekeeping, every hour',
      arithmetic: `${hours} x ${billedSeconds} s x ${housekeepingGigabytes} GB x ${prices.gigabyteSecond.usd}`,
      usd: hours * billedSeconds * housekeepingGigabytes * prices.gigabyteSecond.usd,
    },
    {
      what: 'logs and metrics of vaults and timer (assumed)',
      arithmetic: `${idleLogGigabytes} GB x ${prices.logGigabyte.usd.toFixed(2)}`,
      usd: idleLogGigabytes * prices.logGigabyte.usd,
    },
  ]
}

/** What is off by default, a month. */
export const optional = (): readonly Cost[] => {
  const { instanceGigabytes, privateEndpoints, privateZones } = deployed
  const { privateEndpoint, privateZone, readyGigabyteSecond } = prices
  return [
    {
      what: 'an always-ready instance, before it executes anything',
      arithmetic: `${instanceGigabytes} GB x ${monthSeconds} s x ${readyGigabyteSecond.usd.toFixed(6)}`,
      usd: instanceGigabytes * monthSeconds * readyGigabyteSecond.usd,
    },
    {
      what: '`privateNetwork`, before data',
      arithmetic: `${privateEndpoints} x ${hours} h x ${privateEndpoint.usd} + ${privateZones} x ${privateZone.usd.toFixed(2)}`,
      usd: privateEndpoints * hours * privateEndpoint.usd + privateZones * privateZone.usd,
    },
    times('`trafficManager`, each VPN server', 1, prices.probedServer),
  ]
}

/** What a million certificates cost, whatever the load: one GB for each KB, one month after the first for each 30 days. */
export const perMillion = (): readonly Cost[] => {
  const { signatures, tableTransactions, rowKilobytes, logKilobytes } = perCertificate
  const { signature, tableTransaction, tableGigabyte, logGigabyte, logGigabyteMonth, execution } = prices
  const months = deployed.retentionDays / 30
  const paidMonths = deployed.logRetentionDays / 30 - 1
  return [
    {
      what: 'signatures',
      arithmetic: `${signatures} x 100 x ${signature.usd}`,
      usd: signatures * 100 * signature.usd,
    },
    {
      what: 'table transactions',
      arithmetic: `${tableTransactions} x 100 x ${tableTransaction.usd}`,
      usd: tableTransactions * 100 * tableTransaction.usd,
    },
    {
      what: `ledger rows, kept ${deployed.retentionDays} days`,
      arithmetic: `${rowKilobytes} GB x ${months} x ${tableGigabyte.usd.toFixed(2)}`,
      usd: rowKilobytes * months * tableGigabyte.usd,
    },
    { what: 'executions', arithmetic: `1 x ${execution.usd.toFixed(2)}`, usd: execution.usd },
    {
      what: `log lines and the vault's record, kept ${deployed.logRetentionDays} days`,
      arithmetic: `${logKilobytes} GB x (${logGigabyte.usd.toFixed(2)} + ${paidMonths} x ${logGigabyteMonth.usd.toFixed(2)})`,
      usd: logKilobytes * (logGigabyte.usd + paidMonths * logGigabyteMonth.usd),
    },
  ]
}

/** What a million executions cost in time, from the seconds that an instance is billed for each. */
export const executing = (what: string, billedSeconds: number): Cost => {
  const { instanceGigabytes } = deployed
  const { usd } = prices.gigabyteSecond
  return {
    what,
    arithmetic: `1,000,000 x ${billedSeconds} s x ${instanceGigabytes} GB x ${usd}`,
    usd: 1_000_000 * billedSeconds * instanceGigabytes * usd,
  }
}

/** What the traces of a million certificates cost, when a share of them is exported; 90 days are included. */
export const tracing = (what: string, share: number): Cost => {
  const { traceKilobytes } = perCertificate
  const { usd } = prices.logGigabyte
  return {
    what,
    arithmetic: `${share === 1 ? '' : `${share} x `}${traceKilobytes} GB x ${usd.toFixed(2)}`,
    usd: share * traceKilobytes * usd,
  }
}
