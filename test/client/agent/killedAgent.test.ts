import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text as consume } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import { cliBundle } from '../../../tools/cliBundle.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { requestedKey } from '../testAuthority.ts'
import { seeded } from './simulatedTime.ts'
import { type Instead, standInService } from './standInService.ts'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const [root = '', fastTime = '', reader = ''] = ['../../..', 'fastTime.ts', 'readPairs.ts'].map(pathOf)

/** A minute passes in a second: certificates are renewed after half a minute to a whole one, and at the end much later. */
const factor = 60
const [soon, late] = [
  { life: 4, renewal: [0.5, 1] },
  { life: 240, renewal: [200, 220] },
] as const
const begin = Date.now()
const now = () => new Date(begin + (Date.now() - begin) * factor)

const kills = Number(process.env.MAYFLY_KILLS ?? 28)
const seed = Number(process.env.MAYFLY_KILL_SEED ?? 17)
const lanes = 4
/** How long is waited for what comes in a second where nobody else is. */
const patienceMilliseconds = 90_000
const names = ['ada', 'bob', 'eve', 'joe'] as const

/** The program as one file, as it is given out: it starts in a fifth of the time. */
const makeProgram = async (): Promise<string> => {
  const program = join(await temporaryFolder(), 'mayfly.mjs')
  await writeFile(program, (await cliBundle(root, 'esm')).contents)
  return program
}

/** A machine with an agent of several credentials, which is begun anew each time it is killed. */
const lane = async (number: number, { program, url }: { readonly program: string; readonly url: string }) => {
  const base = await temporaryFolder()
  const hook = join(base, 'hook')
  await writeFile(hook, `#!/bin/sh\necho "$MAYFLY_SERIAL_NUMBER" >> '${base}/loaded'\n`)
  await chmod(hook, 0o755)
  const tables = names.map(
    (name) =>
      `[[credentials]]\nfolder = "${name}"\n${
        name === 'ada'
          ? `on-renew = "hook"\ntoken = { kind = "command", command = "echo ${number}.ada.c" }`
          : `token = { kind = "file", file = "${name}.jwt" }`
      }\n`,
  )
  for (const name of names) await writeFile(join(base, `${name}.jwt`), `${number}.${name}.c`)
  const file = join(base, 'mayfly.toml')
  await writeFile(file, [`url = "${url}"\ntenant = "contoso"\n`, ...tables].join('\n'))
  const folders = names.map((name) => join(base, name))
  const start = () => {
    const child = spawn(process.execPath, ['--import', fastTime, program, 'agent', '--config', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, FAST_TIME: `${begin} ${factor}` },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    return { child, told: consume(child.stderr) }
  }
  return { base, folders, start }
}

const ended = async (child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<unknown[]> => {
  const exit = once(child, 'exit')
  child.kill(signal)
  return exit
}

const spkiOf = (folder: string): string | undefined => {
  try {
    const { publicKey } = new X509Certificate(readFileSync(join(folder, 'current', 'certificate.pem')))
    return publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  } catch {
    return undefined
  }
}

const numbered = (name: string): boolean => /^\d{8}$/.test(name)

/** What must be in a folder at its end, and nothing else. */
const checkClean = async (folder: string): Promise<void> => {
  const found = await readdir(folder, { recursive: true })
  expect(found.filter((name) => name.endsWith('.tmp') || name === 'pending-key.pem')).toEqual([])
  expect((await readdir(join(folder, 'generations'))).filter((name) => !numbered(name))).toEqual([])
  expect((await readdir(join(folder, 'generations'))).length).toBeLessThanOrEqual(2)
  const state = JSON.parse(await readFile(join(folder, 'agent.json'), 'utf8')) as Record<string, unknown>
  const held = await credentialFolder(folder).held()
  expect(state).toMatchObject({ version: 1, serialNumber: held?.serialNumber })
  expect(state.hooksDue ?? []).toEqual([])
}

/** Locks have one ticket each, which was given back, and the mark of its process. */
const checkLocks = async (folder: string): Promise<void> => {
  for (const lock of ['agent.lock', 'renew.lock']) {
    const [ticket = '', ...more] = (await readdir(join(folder, lock)))
      .filter((name) => name !== 'holder')
      .toSorted((one, other) => one.length - other.length)
    expect(more).toEqual([expect.stringMatching(`^${ticket}-`)])
    expect((await stat(join(folder, lock, ticket))).size).toBeGreaterThan(0)
  }
}

it.skipIf(process.platform === 'win32')(
  'an agent that is killed at any moment of its renewals leaves pairs that fit, and nothing else, and goes on',
  async () => {
    const chance = seeded(seed)
    const asked = new Map<string, string>()
    const [forgotten, watchers] = [[] as string[], new Set<(token: string) => void>()]
    const machines: Awaited<ReturnType<typeof lane>>[] = []
    const instead: Instead = (token, body) => {
      const [number = '', name = ''] = token.split('.')
      const [key, last] = [Buffer.from(requestedKey(body)).toString('base64'), asked.get(token)]
      // A key that was made is asked for until its certificate is in use: no token is spent for nothing.
      const folder = join(machines[Number(number)]?.base ?? '', name)
      if (last !== undefined && last !== key && spkiOf(folder) !== last) forgotten.push(token)
      asked.set(token, key)
      for (const watch of watchers) watch(token)
      return undefined
    }
    const settled = new Set<string>()
    const service = await standInService(now, instead, (token) => (settled.has(token[0] ?? '') ? late : soon))
    const made = { program: await makeProgram(), url: service.url }
    for (let number = 0; number < lanes; number++) machines.push(await lane(number, made))

    /** Resolves at the next request of a machine with the name of the credential; without one where it asks for nothing any more. */
    const requested = (number: number) =>
      Promise.race([
        new Promise<string | undefined>((resolve) => {
          const watch = (token: string) => {
            if (!token.startsWith(`${number}.`)) return
            watchers.delete(watch)
            resolve(token.split('.')[1])
          }
          watchers.add(watch)
        }),
        sleep(patienceMilliseconds, undefined),
      ])

    /** A moment from a request through the answer and the files, or from there through the hook to the next request. */
    const moment = async (number: number, base: string): Promise<void> => {
      const name = await requested(number)
      if (name === undefined) throw new Error(`Machine ${number} asks for nothing.`)
      const folder = join(base, name)
      const before = spkiOf(folder)
      if (chance() < 0.5) return sleep(chance() * 150)
      for (let polls = 0; polls < 500 && spkiOf(folder) === before; polls++) await sleep(10)
      return sleep(chance() * 150)
    }

    const runLane = async (number: number): Promise<void> => {
      const { folders, start, base } = machines[number] as Awaited<ReturnType<typeof lane>>
      for (const folder of folders) await mkdir(folder, { mode: 0o700 })
      const reading = spawn(process.execPath, [reader, ...folders], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      onTestFinished(() => void reading.kill('SIGKILL'))
      const read = consume(reading.stdout)
      const killed = Math.ceil(kills / lanes)
      for (let kill = 0; kill < killed; kill++) {
        const { child, told } = start()
        await moment(number, base)
        expect(await ended(child, 'SIGKILL')).toEqual([null, 'SIGKILL'])
        expect(await told).not.toMatch(/"level":"error"/)
      }
      settled.add(String(number))
      const before = new Map(folders.map((folder) => [folder, spkiOf(folder)]))
      const last = start()
      await vi.waitFor(
        () => folders.forEach((folder) => expect(spkiOf(folder)).not.toBe(before.get(folder))),
        { timeout: patienceMilliseconds, interval: 50 },
      )
      await vi.waitFor(() => Promise.all(folders.map(checkClean)), {
        timeout: patienceMilliseconds,
        interval: 50,
      })
      expect(await ended(last.child, 'SIGTERM')).toEqual([0, null])
      for (const folder of folders) {
        await checkClean(folder)
        await checkLocks(folder)
      }
      await ended(reading, 'SIGTERM')
      const seen = JSON.parse(await read) as Readonly<Record<string, number | string[]>>
      process.stdout.write(`seed ${seed}, machine ${number}, ${killed} kills: ${JSON.stringify(seen)}\n`)
      expect(seen.wrong).toEqual([])
      // Of those that were killed before they had an answer there is none.
      for (const count of ['byCurrent', 'byName', 'certificates'] as const)
        expect(seen[count]).toBeGreaterThan(killed / 5)
      const loaded = new Set((await readFile(join(base, 'loaded'), 'utf8')).trim().split('\n'))
      expect([...loaded]).toContain((await credentialFolder(folders[0] ?? '').held())?.serialNumber)
    }
    await Promise.all(machines.map((_, number) => runLane(number)))
    expect(forgotten).toEqual([])
  },
  // Beside others a kill takes ten times what it takes alone.
  kills * 12_000,
)
