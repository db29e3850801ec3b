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

/** A tunnel that a client keeps up as long as it can. */
export interface Tunnel {
  /** Gives the client another credential, as whoever follows the recipe does after a renewal. */
  readonly renew: (next: Credential) => Promise<void>
  /** Has the same client come once more. @returns whether it is in */
  readonly again: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/** A credential whose certificate ends while it is in use; milliseconds since 1970. */
export interface EndingSoon {
  readonly credential: Credential
  readonly endsAt: number
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
  /** Does what the recipe tells is to be done once, when its files are there and the hook ran. */
  readonly finish?: () => Promise<void>
  /** Whether it is ready for clients. */
  readonly isUp: () => Promise<boolean>
  /** Follows its log. */
  readonly follow: () => Promise<() => Promise<string>>
  /** Starts what the client needs beside its machine. */
  readonly prepareClient?: () => Promise<void>
  /** Dials once, and hangs up. */
  readonly dial: (credential: Credential) => Promise<Dialled>
  /** Has a client in before the end, who tries to go on by what it kept of that session after it. The certificate begins when all is ready for it. @throws {Error} when it does not get in */
  readonly resume?: (begin: () => EndingSoon) => Promise<Dialled>
  /** Dials, and stays. @throws {Error} when it does not get in */
  readonly stay?: (credential: Credential) => Promise<Tunnel>
}

/** What an administrator does to a configuration that is right. */
export interface Bent {
  readonly by: string
  readonly names: RegExp
  /** What has the server read it, where sessions are resumed then after the end of their certificate. */
  readonly resumedAfter?: string
}

/** A kind of server: which recipes it needs, which programs, and how it and its client are run. */
export interface TunnelKind extends Expectations {
  readonly recipes: readonly ServerKind[]
  readonly programs: readonly string[]
  /** What must work in a namespace besides, for who has these programs and no such kernel. */
  readonly trial?: string
  readonly bent: Bent
  /** How long a tunnel outlives its certificate at the most, as the recipe says for certificates of 5 minutes; seconds. */
  readonly outlivesSeconds?: number
  /** What its log says where it refuses who is stopped and takes a new tunnel before the guard's next look, as clients often do. */
  readonly refusesStopped?: RegExp
  /** The configuration of the agent that guards its sessions, where it is not the usual one. */
  readonly guardedBy?: string
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

/** Whether a machine listens on a port. */
export const listens = async (machine: LabMachine, by: 'tcp' | 'udp', port: number): Promise<boolean> =>
  (await machine.attempt(`ss -Hln${by.slice(0, 1)} sport = :${port} | grep -q .`)).code === 0

/** Follows a log file of a machine: what it says from now on. */
export const follow = async (machine: LabMachine, file: string): Promise<() => Promise<string>> => {
  const path = machine.path(file)
  const { length } = await textOf(path)
  return async () => (await textOf(path)).slice(length)
}

/** Waits until what is behind the server answers a ping. */
export const pings = (client: LabMachine, seconds = 20): Promise<boolean> =>
  within(seconds, async () => (await client.attempt(`ping -c 1 -W 1 ${behind}`)).code === 0)
