import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import { openMayflyWorld } from '../http/mayflyWorld.ts'
import { type Built, type Mayfly, startMayfly } from '../http/startMayfly.ts'
import { serveTablesStub, type TablesStub } from '../tables/tablesStub.ts'
import { type Seeded, seedDenials, seedGenerations, seedLedger, seedTenants } from './seeded.ts'

/** How much of each there is, where there is much of it. */
export interface Sizes {
  readonly ledgerRows: readonly number[]
  /** Tenants that ask by turns, and then tenants that are there while as many as before ask. */
  readonly tenantsInUse: number
  readonly tenants: number
  readonly generations: readonly number[]
  readonly denials: number
}

/** One size of a deployment. */
export interface GrowthCase {
  readonly name: string
  /** Makes it. @returns the tenants that ask by turns, where it is not the first alone. */
  readonly seed: (seeded: Seeded) => readonly string[] | undefined
  /** Whether each tenant asks once before it is measured: else all that is known of it must be read first. */
  readonly isWarm: boolean
}

const numberText = (count: number) => count.toLocaleString('en')

const warm = (name: string, seed: (seeded: Seeded) => unknown): GrowthCase => ({
  name,
  seed(seeded) {
    seed(seeded)
    return undefined
  },
  isWarm: true,
})

/** Lists the smallest deployment, and then those that have much of one thing. */
export const growthCases = (sizes: Sizes): readonly GrowthCase[] => {
  const { ledgerRows, tenantsInUse, tenants, generations, denials } = sizes
  const inUse = (count: number) => (seeded: Seeded) => seedTenants(seeded, count).slice(-tenantsInUse)
  const [few, many, asking] = [tenantsInUse, tenants, tenantsInUse].map(numberText)
  return [
    warm('1 tenant, 1 issuer, nothing else', () => undefined),
    ...ledgerRows.map((count) =>
      warm(`${numberText(count)} rows in the ledger of the day`, (on) => seedLedger(on, count)),
    ),
    { name: `${few} tenants, who ask by turns`, seed: inUse(tenantsInUse), isWarm: true },
    { name: `${many} tenants, of whom ${asking} ask by turns`, seed: inUse(tenants), isWarm: true },
    {
      name: `${many} tenants, each request of another one`,
      seed: (seeded) => seedTenants(seeded, tenants),
      isWarm: false,
    },
    ...generations.map((count) =>
      warm(`${count} generations of issuers`, (on) => seedGenerations(on, count)),
    ),
    warm(`${numberText(denials)} users on the deny list`, (on) => seedDenials(on, denials)),
  ]
}

/** A case whose server runs. */
export interface RunningCase extends AsyncDisposable {
  readonly growthCase: GrowthCase
  readonly mayfly: Mayfly
  readonly stub: TablesStub
  /** Makes a request of each tenant that is asked for by turns; none where all that is known must be read first. */
  makeFirstRequests(): Promise<readonly LoadRequest[]>
}

/** Starts a case on tables of its own. */
export const startCase = async (growthCase: GrowthCase, built: Built): Promise<RunningCase> => {
  const stack = new AsyncDisposableStack()
  const stub = stack.use(await serveTablesStub())
  const world = stack.use(await openMayflyWorld(stub.connectionString))
  const { tenant } = world
  const tenants = growthCase.seed({ rows: stub.rows, tenant }) ?? [tenant.tenant]
  let next = 0
  const makeRequests = async (count: number): Promise<readonly LoadRequest[]> =>
    (await world.makeRequests(count)).map((request) => {
      const id = tenants[next++ % tenants.length] ?? ''
      return { ...request, path: request.path.replace(tenant.tenant, id) }
    })
  const mayfly = stack.use(await startMayfly(growthCase.name, built, { ...world, makeRequests }))
  return {
    growthCase,
    mayfly,
    stub,
    makeFirstRequests: () => makeRequests(growthCase.isWarm ? tenants.length : 0),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
