import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, type JWTPayload, SignJWT } from 'jose'
import { demoClaims } from '../../../client/demoClaims.ts'
import { openTrustBundle, type TrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { demoAudience, demoClient } from '../../../local/signAccessToken.ts'
import { type Gateway, makeGateway } from '../gateway.ts'
import type { Credential } from './credential.ts'
import { type Lab, type LabMachine, node, openLab, type Started, within } from './lab.ts'

/** A user who enrolls, with what key, and what the token says besides. */
export interface Enrolling {
  readonly name: string
  readonly upn: string
  readonly algorithm?: string
  readonly claims?: JWTPayload
}

/** What all servers and clients share: a service over TLS, its administrator, and a machine where the agent gets certificates. */
export interface TunnelWorld extends AsyncDisposable {
  readonly lab: Lab
  readonly url: string
  /** Of this process, as all folders here. */
  readonly keys: string
  readonly gateway: Gateway
  /** Gives a command to the service's own machine. @returns what it says */
  readonly mayfly: (...words: readonly string[]) => Promise<string>
  /** Ends the service, and starts it again unless somebody does so later: no instance remembers anything. */
  readonly stop: () => Promise<void>
  readonly serve: () => Promise<void>
  /** Takes the service's machine off the wire, or puts it back: what takes a while to start is there in one moment. */
  readonly plug: (isIn: boolean) => Promise<void>
  /** Has the agent get a certificate for each of these users. */
  readonly enroll: (users: readonly Enrolling[]) => Promise<readonly Credential[]>
  /** Starts an agent that keeps certificates of these users valid, and waits for the first ones. */
  readonly keep: (users: readonly Enrolling[]) => Promise<Kept>
  /** Installs the bundle for those who write configurations, in /run/shared/bundle. */
  readonly fetchTrust: () => Promise<string>
  /** The bundle of a tenant as it is served now. */
  readonly bundle: (tenant: string) => Promise<TrustBundle>
}

/** An agent that runs, and what it keeps. */
export interface Kept {
  readonly agent: Started
  /** What each user holds now, in their order. */
  readonly credentials: () => Promise<readonly Credential[]>
  /** Gives each user a token that was issued now. */
  readonly freshen: () => Promise<void>
}

const folder = '/run/shared/service'
const anchorOf = (bundle: string): string =>
  (JSON.parse(bundle) as { readonly roots: readonly { readonly sha256: string }[] }).roots[0]?.sha256 ?? ''

type Service = Pick<TunnelWorld, 'url' | 'mayfly' | 'stop' | 'serve' | 'plug'>

/** Runs the service in its machine, and talks to it. */
const openService = (machine: LabMachine): Service => {
  const url = `https://${machine.address}:8443`
  let running: Started | undefined
  let answered = 0
  const answers = () => running?.said().match(/^\{"code":.*$/gm) ?? []
  return {
    url,
    serve: async () => {
      answered = 0
      running = machine.start(
        `exec ${node} test/vpn/tunnels/service.ts ${machine.address} ${folder} 2>/var/log/service`,
      )
      const { said, isOver } = running
      await within(150, () => isOver() || said().includes('serving'))
      if (isOver())
        throw new Error(`The service did not start: ${said()}${await machine.run('cat /var/log/service')}`)
    },
    plug: async (isIn) => void (await machine.run(`ip link set eth0 ${isIn ? 'up' : 'down'}`)),
    stop: async () => {
      running?.end()
      await within(20, () => running?.isOver() ?? true)
      await running?.stop()
    },
    mayfly: async (...words) => {
      // Others may be asked for meanwhile.
      const mine = answered
      answered += 1
      running?.write(`${JSON.stringify(words)}\n`)
      await within(150, () => answers().length > mine)
      const { code, said } = JSON.parse(answers()[mine] ?? '{}') as { code?: number; said?: string }
      if (code !== 0) throw new Error(`mayfly ${words.join(' ')} ended with ${code}: ${said}`)
      return said ?? ''
    },
  }
}

/** Makes tokens as the demo's issuer does. @param shared the folder that this process and the machines share */
const openTokens = async (shared: string) => {
  const key = createPrivateKey(await readFile(join(shared, 'service/token-issuer.pem')))
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)))
  const local = JSON.parse(await readFile(join(shared, 'service/local.json'), 'utf8')) as {
    readonly tokenIssuer: { readonly url: string }
  }
  return (upn: string, claims: JWTPayload = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const said = {
      iss: local.tokenIssuer.url,
      aud: demoAudience,
      sub: upn,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 600,
      client_id: demoClient,
      upn,
      [demoClaims.compliant]: true,
      [demoClaims.groups]: [],
      [demoClaims.country]: 'NL',
    }
    return new SignJWT({ ...said, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt' })
      .sign(key)
  }
}

/** Has users' names in certificates as this suite needs them, and makes a tenant that calls itself the same. */
const administer = async (
  shared: string,
  mayfly: TunnelWorld['mayfly'],
  certificates: Readonly<Record<string, unknown>>,
) => {
  type Shown = { readonly configuration: Readonly<Record<string, unknown>> }
  const shown = JSON.parse(await mayfly('tenant', 'show', '--tenant', 'contoso', '--json')) as Shown
  const certificate = {
    ...certificates,
    longUpn: 'objectId',
    sid: { mode: 'whenPresent', domains: ['S-1-5-21-1004336348-1177238915-682003330'] },
  }
  const apply = async (name: string, document: unknown) => {
    await writeFile(join(shared, `${name}.json`), JSON.stringify(document))
    await mayfly('tenant', 'apply', '-f', `/run/shared/${name}.json`, '--yes')
  }
  await apply('contoso', { ...shown, configuration: { ...shown.configuration, certificate } })
  const [issuer] = shown.configuration['tokenIssuers'] as readonly Record<string, unknown>[]
  const tokenIssuers = [{ ...issuer, audience: 'urn:of:the:twin' }]
  await apply('twin', { ...shown.configuration, tenant: 'twin', tokenIssuers, certificate })
  await mayfly('authority', 'init', '--tenant', 'twin')
  const party = ['--name', 'gateway', '--secret-out', '/run/shared/gateway.secret']
  await mayfly('relying-party', 'add', '--tenant', 'contoso', ...party)
}

/** Opens the world. @param certificates what its tenants say of theirs besides */
export const openTunnelWorld = async (
  certificates: Readonly<Record<string, unknown>> = {},
): Promise<TunnelWorld> => {
  const lab = await openLab()
  const { shared } = lab
  const [server, client] = [await lab.machine('service'), await lab.machine('client')]
  const service = openService(server)
  await mkdir(join(shared, 'gateway'))
  const gateway = await makeGateway(join(shared, 'gateway'))
  await service.serve()
  await administer(shared, service.mayfly, certificates)
  const token = await openTokens(shared)
  const configured = async (users: readonly Enrolling[]) => {
    const own = join(shared, `enrolled-${crypto.randomUUID().slice(0, 8)}`)
    await mkdir(own)
    const tables = users.map(
      ({ name, algorithm = 'P-256' }) =>
        `[[credentials]]\nfolder = "${name}"\nkey-algorithm = "${algorithm}"\ntoken = { kind = "file", file = "${name}.jwt" }\n`,
    )
    const head = `url = "${service.url}"\ntenant = "contoso"\nca = "${folder}/tls/ca.pem"\n`
    await writeFile(join(own, 'mayfly.toml'), head + tables.join(''), { mode: 0o600 })
    const freshen = async () => {
      for (const { name, upn, claims } of users)
        await writeFile(join(own, `${name}.jwt`), await token(upn, claims), { mode: 0o600 })
    }
    await freshen()
    const held = async ({ name, upn }: Enrolling): Promise<Credential> => {
      const read = (file: string) => readFile(join(own, name, file), 'utf8')
      const files = ['key.pem', 'certificate.pem', 'chain.pem'].map(read)
      const [key = '', leaf = '', chain = ''] = await Promise.all(files)
      return { name, user: upn, key, leaf, chain: blocksOf(chain) }
    }
    const credentials = () => Promise.all(users.map(held))
    return { there: `${own.replace(shared, '/run/shared')}/mayfly.toml`, credentials, freshen }
  }
  const get = (path: string) =>
    server.run(`curl -sSf --cacert ${folder}/tls/ca.pem ${service.url}/v1/${path}`)
  return {
    ...service,
    lab,
    keys: join(shared, 'service/keys'),
    gateway,
    async enroll(users) {
      const { there, credentials } = await configured(users)
      await client.run(`${node} tools/mayfly.mjs agent --once --config ${there}`)
      return credentials()
    },
    async keep(users) {
      const { there, credentials, freshen } = await configured(users)
      const agent = client.start(`exec ${node} tools/mayfly.mjs agent --config ${there}`)
      const haveAll = () =>
        credentials().then(
          () => true,
          () => false,
        )
      if (!(await within(150, haveAll))) throw new Error(`Not everybody got a certificate: ${agent.said()}`)
      return { agent, credentials, freshen }
    },
    async fetchTrust() {
      const anchor = anchorOf(await get('contoso/trust.json'))
      const from = ['--service', service.url, '--ca', `${folder}/tls/ca.pem`, '--anchor', anchor]
      return service.mayfly('trust', 'fetch', '--tenant', 'contoso', ...from, '--out', '/run/shared/bundle')
    },
    async bundle(tenant) {
      const [jws, json] = [await get(`${tenant}/trust.jws`), await get(`${tenant}/trust.json`)]
      return openTrustBundle(jws, { tenant, anchors: [anchorOf(json)] })
    },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  }
}

/** The certificates of a PEM file, one by one. */
const blocksOf = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/g) ?? []
