import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerKind } from '../../../client/serverConfig/recipes.ts'
import type { Expectations } from './cases.ts'
import type { Credential } from './credential.ts'
import { type Lab, type LabMachine, textOf, within } from './lab.ts'
import type { Gateway } from '../gateway.ts'

/** What became of a client that dialled. */
export interface Dialled {
  /** Whether a ping, or what stands for it, came back through the tunnel. */
  readonly isAccepted: boolean
  /** What the server's own log says since. */
  readonly log: string
}

/** A tunnel that is up. */
export interface Tunnel {
  /** Whether a ping comes back now. */
  readonly ping: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/** The two machines of a server, and what both sides are given. */
export interface Site {
  readonly lab: Lab
  readonly server: LabMachine
  readonly client: LabMachine
  readonly gateway: Gateway
}

/** A server as it is installed by its package and configured by its recipe, with the client that dials it. */
export interface TunnelServer {
  /** Puts what the packages and the administrator would; before the recipe is copied. */
  readonly prepare: () => Promise<void>
  /** Whether it is ready for clients. */
  readonly isUp: () => Promise<boolean>
  /** Dials once, and hangs up. */
  readonly dial: (credential: Credential) => Promise<Dialled>
}

/** A kind of server: which recipes it needs, which programs, and how it and its client are run. */
export interface TunnelKind extends Expectations {
  readonly recipes: readonly ServerKind[]
  readonly programs: readonly string[]
  readonly open: (site: Site) => TunnelServer
}

/** What clients ping behind each server. */
export const behind = '10.88.0.1'

/** Files of a credential as the client machine sees them. */
export interface CredentialFiles {
  readonly key: string
  readonly leaf: string
  /** What is sent after the leaf, or an empty file; and the leaf with it. */
  readonly chain: string
  readonly whole: string
  readonly authority: string
}

/** Writes a credential where the client machine reads it. */
export const writeCredential = async (
  { lab, client, gateway }: Site,
  { key, leaf, chain }: Credential,
): Promise<CredentialFiles> => {
  const folder = join(lab.shared, client.name)
  await mkdir(folder, { recursive: true })
  const texts = {
    key,
    leaf,
    chain: chain.join(''),
    whole: [leaf, ...chain].join(''),
    authority: gateway.authority,
  }
  for (const [name, text] of Object.entries(texts))
    await writeFile(join(folder, `${name}.pem`), text, { mode: 0o600 })
  const at = (name: keyof typeof texts) => `/run/shared/${client.name}/${name}.pem`
  return {
    key: at('key'),
    leaf: at('leaf'),
    chain: at('chain'),
    whole: at('whole'),
    authority: at('authority'),
  }
}

/** Follows a log file of a machine: what it says from now on. */
export const follow = async (machine: LabMachine, file: string): Promise<() => Promise<string>> => {
  const path = machine.path(file)
  const { length } = await textOf(path)
  return async () => (await textOf(path)).slice(length)
}

/** Waits until what is behind the server answers a ping. */
export const pings = (client: LabMachine, seconds = 8): Promise<boolean> =>
  within(seconds, async () => (await client.attempt(`ping -c 1 -W 1 ${behind}`)).code === 0)
