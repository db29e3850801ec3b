import type { AnchorStore } from '../../../../lib/authority/trusted/anchorStore.ts'
import type { KeyProvider } from '../../../../lib/keys/signer.ts'
import type { Tables } from '../../../../lib/store/tables.ts'

/** What a process that ended throws at whatever still runs in it. */
export class Crash extends Error {}

/** Where a process ends: before its operation of this number (from 0) begins, or after that was done. */
export interface CrashPoint {
  readonly operation: number
  readonly when: 'before' | 'after'
}

/** A process whose operations on tables, keys and anchors are counted, and that ends at one of them. */
export interface Mortal {
  /** The operations so far, by name. */
  readonly operations: readonly string[]
  watchTables(tables: Tables): Tables
  watchKeys(keys: KeyProvider): KeyProvider
  watchAnchors(store: AnchorStore): AnchorStore
}

/** The tables that exist for sure: creating one again is an operation that needs nobody. */
const existing = new Set<string>()

const createOnce = async (tables: Tables, name: string): Promise<void> => {
  if (!existing.has(name)) await tables.create([name])
  existing.add(name)
}

/** Makes a process that ends at this point; without one it never does. */
export const mortal = (point?: CrashPoint): Mortal => {
  const operations: string[] = []
  let isDead = false
  const endIf = (isTime: boolean): void => {
    isDead ||= isTime
    if (isDead) throw new Crash('The process was killed.')
  }
  const operate = async <T>(name: string, perform: () => Promise<T>): Promise<T> => {
    endIf(false)
    const isHere = operations.push(name) - 1 === point?.operation
    endIf(isHere && point?.when === 'before')
    const result = await perform()
    endIf(isHere && point?.when === 'after')
    return result
  }
  return {
    operations,
    watchTables: (tables) => ({
      get: (table, key) => operate(`get ${table}`, () => tables.get(table, key)),
      list: (table, partition, part) => operate(`list ${table}`, () => tables.list(table, partition, part)),
      find: (table, where) => operate(`find ${table}`, () => tables.find(table, where)),
      insert: (table, row) => operate(`insert ${table}`, () => tables.insert(table, row)),
      remove: (table, key) => operate(`remove ${table}`, () => tables.remove(table, key)),
      transact: (table, writes) => operate(`transact ${table}`, () => tables.transact(table, writes)),
      scan: (table, what) => tables.scan(table, what),
      names: (prefix) => operate('names', () => tables.names(prefix)),
      drop: (table) => operate(`drop ${table}`, () => tables.drop(table)),
      async create(names) {
        for (const name of names) await operate('create table', () => createOnce(tables, name))
      },
    }),
    watchAnchors: (store) => ({
      ...store,
      update: (tenant, change) => operate('move anchors', () => store.update(tenant, change)),
    }),
    watchKeys: (keys) => ({
      create: (name, algorithm) => operate('create key', () => keys.create(name, algorithm)),
      holds: (keyReference) => keys.holds(keyReference),
      async open(keyReference) {
        const signer = await operate('open key', () => keys.open(keyReference))
        return { ...signer, sign: (...asked) => operate('sign', () => signer.sign(...asked)) }
      },
    }),
  }
}

/** What leaves something of a tenant behind. */
const persists = /^(create key|insert|remove|transact|move anchors)/

/**
 * Every point at which a process that carries out these operations can end: before each, after each that leaves something
 * behind, and after the last. After one that reads or signs, or makes one table of many, is before the next.
 */
export const crashPoints = (operations: readonly string[]): readonly CrashPoint[] =>
  operations.flatMap((name, operation): readonly CrashPoint[] => {
    const before = { operation, when: 'before' } as const
    const isLast = operation === operations.length - 1
    return persists.test(name) || isLast ? [before, { operation, when: 'after' }] : [before]
  })
