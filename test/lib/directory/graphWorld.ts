import { onTestFinished } from 'vitest'
import { openDeadline } from '../../../lib/deadline/deadline.ts'
import type { DirectoryQuestion, DirectoryWord } from '../../../lib/directory/directory.ts'
import { type DirectoryOptions, openDirectory } from '../../../lib/directory/openDirectory.ts'
import { fixedCredential } from '../../../lib/keys/keyVaultAccess.ts'
import { demoRecords } from '../../../local/demoDevice.ts'
import type { GraphObject, GraphRecords } from '../../../local/graphRecords.ts'
import { serveGraph } from '../../../local/serveGraph.ts'
import { type Graph, type GraphRole, standInGraph } from '../../../local/standInGraph.ts'

export const directoryId = '7f5fc9a4-4dc6-4bfa-8fa5-b3a1f1d1c8a2'
export const userId = '11111111-2222-4333-8444-555555555555'
export const deviceId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
export const otherUser = '99999999-2222-4333-8444-555555555555'
const token = 'canary-of-the-graph'

/** All that compliance policies could ask of Intune. */
export const everyFact: DirectoryQuestion['asked'] = new Set([
  'platform',
  'osVersion',
  'systemDriveEncrypted',
])

export const question: DirectoryQuestion = {
  directoryId,
  deviceId,
  userId,
  proves: ['compliantDevice', 'domainJoinedDevice'],
  intune: true,
  asked: everyFact,
}

/** What goes wrong with a request, given what the stand-in would answer. */
export type GraphFault = (path: string, answer: () => ReturnType<Graph>) => ReturnType<Graph>

/** The answers of a directory by fact, from whichever part of it. */
export const valuesOf = ({ facts }: DirectoryWord) =>
  Object.fromEntries(facts.map(({ fact, value }) => [fact, value]))

/** A directory that asks a stand-in over http, whose records and troubles a test chooses. */
export const graphWorld = async (
  options: Partial<DirectoryOptions> & { readonly roles?: readonly GraphRole[] } = {},
) => {
  const healthy: GraphRecords = demoRecords([{ userId, deviceId }])
  const world = {
    records: healthy,
    fault: undefined as GraphFault | undefined,
    /** The paths that were asked for. */
    log: [] as string[],
    /** What the operator was told. */
    failures: [] as string[],
    /** Changes members of the device's record, or of Intune's. */
    change(device: GraphObject, managed: GraphObject = {}) {
      world.records = {
        devices: healthy.devices.map((one) => ({ ...one, ...device })),
        managedDevices: healthy.managedDevices.map((one) => ({ ...one, ...managed })),
      }
    },
  }
  const roles = options.roles ? { roles: options.roles } : {}
  const standIn = standInGraph({ records: async () => world.records, token, ...roles })
  const graph: Graph = async (request) => {
    const path = decodeURIComponent(request.url.pathname)
    world.log.push(path)
    return world.fault ? world.fault(path, () => standIn(request)) : standIn(request)
  }
  const running = await serveGraph(graph)
  onTestFinished(() => running.close())
  const directory = openDirectory({
    credential: fixedCredential(token),
    origin: running.url,
    directoryId,
    times: { directoryMilliseconds: 20_000, directoryCallMilliseconds: 10_000 },
    now: () => new Date(),
    clock: () => performance.now(),
    onFailure: ({ part, message, cause }) =>
      void world.failures.push(`${part}: ${message}${cause instanceof Error ? ` <- ${cause.message}` : ''}`),
    ...options,
  })
  const lookUp = (changes: Partial<DirectoryQuestion> = {}, milliseconds = 20_000) =>
    directory.lookUp(
      { ...question, ...changes },
      openDeadline(milliseconds, () => performance.now()),
    )
  return Object.assign(world, { directory, lookUp })
}
