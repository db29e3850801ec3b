/**
 * What a store does is recorded: whole copies of folder and machine after each change of a file, a key, a request or a
 * certificate. A client that ended at any of them goes on: nothing that is ours leaks, nothing of others goes, and no
 * certificate that is on disk costs another token.
 */
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type * as FileSystem from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { ClientCertificate } from '../../../client/clientCertificate.ts'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import type { CredentialStore } from '../../../client/credential/credentialStore.ts'
import type * as Running from '../../../client/runProgram.ts'
import { keychainStore } from '../../../client/store/keychainStore.ts'
import { windowsStore } from '../../../client/store/windowsStore.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { hasPowerShell } from '../powerShellServer.ts'
import { afterChange, fakeSecurity } from './fakeSecurity.ts'
import { storeBench, thumbprintOf } from './storeBench.ts'
import { windowsMachine } from './windowsMachine.ts'

type Real = typeof FileSystem

/** Where copies go, and what of; nowhere when left out. */
const recorder = vi.hoisted(() => ({ to: undefined as string | undefined, of: '' }))

const record = (): void => {
  const { to, of } = recorder
  if (to !== undefined) spawnSync('cp', ['-a', of, join(to, String(readdirSync(to).length))])
}

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<Real>()
  const recorded =
    <Words extends readonly unknown[], T>(change: (...words: Words) => Promise<T>) =>
    async (...words: Words): Promise<T> => {
      const result = await change(...words)
      // What is within a draft, nobody reads; those that are left are in the other copies.
      if (words.some((word) => typeof word === 'string' && !word.includes('.tmp'))) record()
      return result
    }
  const { writeFile, rename, rm, mkdir, symlink } = real
  return {
    ...real,
    writeFile: recorded(writeFile),
    rename: recorded(rename),
    rm: recorded(rm),
    mkdir: recorded(mkdir),
    symlink: recorded(symlink),
  }
})

vi.mock('../../../client/runProgram.ts', async (importOriginal) => {
  const { withFakeSecurity } = await import('./fakeSecurity.ts')
  return withFakeSecurity(await importOriginal<typeof Running>())
})

afterChange.act = record

const { issuer, renew } = storeBench()
const foreign = 'F0'.repeat(20)

/** A machine in a folder, with the store of a client. */
interface Machine {
  readonly folder: string
  readonly store: CredentialStore
  /** What there is of certificates but issuers, and of keys and requests; thumbprints where there are such. */
  readonly found: () => Promise<{
    readonly certificates: readonly string[]
    readonly keys: number
    readonly requests: number
  }>
  /** Leaves something that is to go. */
  readonly abandon?: () => Promise<unknown>
}

type MachineIn = (base: string) => Promise<Machine>

const reads = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

const windowsIn =
  (reusesKey: boolean): MachineIn =>
  async (base) => {
    const root = join(base, 'windows')
    const isNew = !existsSync(root)
    mkdirSync(root, { recursive: true })
    const { machine, mark, plant, mine, keys, waiting } = await windowsMachine(root)
    if (isNew) for (const act of [mark('trusted'), plant(foreign)]) await act
    const environment = { ...machine.environment, SNAPSHOTS: recorder.to, SNAPSHOT_OF: recorder.of }
    const options = {
      keyAlgorithm: 'P-256',
      // A TPM is looked for while it is recorded: there is none, which takes a script more.
      keyProvider: recorder.to === undefined ? 'software' : undefined,
      reusesKey,
      machine: { ...machine, environment },
      tell: () => undefined,
    } as const
    const folder = join(base, 'vpn')
    return {
      folder,
      store: windowsStore(folder, options),
      found: async () => ({
        certificates: await mine(),
        keys: (await keys()).length,
        requests: (await waiting()).length,
      }),
      abandon: () => windowsStore(folder, { ...options, keyAlgorithm: 'P-384' }).pendingKey(),
    }
  }

const keychainIn =
  (reusesKey: boolean): MachineIn =>
  async (base) => {
    const root = join(base, 'mac')
    const isNew = !existsSync(root)
    const { machine, plant, keychain } = await fakeSecurity(root)
    if (isNew) plant(foreign)
    const folder = join(base, 'vpn')
    const certificates = () => keychain().certificates.filter((one) => one !== thumbprintOf(issuer))
    return {
      folder,
      store: keychainStore(folder, { keyAlgorithm: 'P-256', reusesKey, program: undefined, machine }),
      found: async () => ({ certificates: certificates(), keys: keychain().keys.length, requests: 0 }),
    }
  }

/** The keys of generations; there is nobody else's. */
const folderIn =
  (reusesKey: boolean): MachineIn =>
  async (base) => {
    const folder = join(base, 'vpn')
    const generations = () => reads(join(folder, 'generations'))
    const inAll = (name: string) =>
      generations().map((one) => readFileSync(join(folder, 'generations', one, name), 'utf8'))
    return {
      folder,
      store: credentialFolder(folder, { reusesKey }),
      found: async () => ({
        certificates: [...inAll('certificate.pem').map(thumbprintOf), foreign],
        keys: new Set(inAll('key.pem')).size + 1,
        requests: 0,
      }),
    }
  }

const at = (minutes: number) => ({
  now: new Date(Date.parse('2026-03-02T09:55:00Z') + minutes * 60_000),
  exclusively: <T>(act: () => Promise<T>) => act(),
})

const thumbprintHeld = async ({ store }: Machine): Promise<string> =>
  thumbprintOf((await store.held())?.certificate ?? '')

/** Renews in a machine that has a certificate and the one before it, and keeps what there is after each change. */
const recordRenewal = async (machineIn: MachineIn) => {
  const base = join(await temporaryFolder(), 'base')
  const to = await temporaryFolder()
  const before = await machineIn(base)
  await renew(before.store)
  await renew(before.store, 30)
  await before.abandon?.()
  Object.assign(recorder, { to, of: base })
  const { store } = await machineIn(base)
  record()
  const { certificate } = await renew(store, 50)
  record()
  Object.assign(recorder, { to: undefined })
  return { certificate, copies: readdirSync(to).map((_, index) => join(to, String(index))) }
}

/** Goes on at a copy. @returns what was in use, and what becomes of the certificate that was bought then */
const goOn = async (machine: Machine, { certificate }: ClientCertificate): Promise<string> => {
  const { store, folder } = machine
  const bought = thumbprintOf(certificate)
  const inUse = (await thumbprintHeld(machine)) === bought ? 'the new one' : 'the old one'
  const isOnDisk = existsSync(join(folder, 'bought.json'))
  const settled = await store.settle(at(55))
  expect(settled?.certificate).toBe(isOnDisk ? certificate : undefined)
  if (isOnDisk) return `${inUse}, ${(await thumbprintHeld(machine)) === bought ? 'settled' : 'lost'}`
  if (inUse === 'the new one') return inUse
  const { publicKey } = await store.pendingKey()
  return `${inUse}, ${publicKey.equals(new X509Certificate(certificate).publicKey) ? 'its key' : 'another key'}`
}

/** Renews, after which there is what there always is. */
const checkClean = async (machine: Machine, keys: number): Promise<void> => {
  const before = await thumbprintHeld(machine)
  const { thumbprint } = await renew(machine.store, 60)
  const { certificates, ...others } = await machine.found()
  expect(certificates.toSorted()).toEqual([before, thumbprint, foreign].toSorted())
  expect(others).toEqual({ keys, requests: 0 })
  const left = readdirSync(machine.folder).filter((name) => /\.tmp$|^bought|^pending/.test(name))
  expect(left).toEqual([])
}

/** 140 scripts of PowerShell: a quarter of a minute, or several on a machine that is busy. */
const timeout = 300_000

describe('a client that ended at any moment of a renewal goes on, with', { timeout }, () => {
  it.each([
    ['a folder', folderIn(false), 3, true],
    ['a folder and one key', folderIn(true), 2, true],
    ['a keychain', keychainIn(false), 3, true],
    ['a keychain and one key', keychainIn(true), 2, true],
    ['the store of Windows', windowsIn(false), 3, hasPowerShell],
    ['the store of Windows and one key', windowsIn(true), 2, hasPowerShell],
  ] as const)('%s', async (name, machineIn, keys, isHere) => {
    if (!isHere) return
    const { certificate, copies } = await recordRenewal(machineIn)
    const ways: string[] = []
    for (const copy of copies) {
      const machine = await machineIn(copy)
      ways.push(await goOn(machine, certificate))
      await checkClean(machine, keys)
    }
    const inTurn = ['the old one, its key', 'the old one, settled', 'the new one, settled', 'the new one']
    expect(ways.filter((way, index) => way !== ways[index - 1])).toEqual(
      name.endsWith('one key') ? inTurn : ['the old one, another key', ...inTurn],
    )
  })
})
