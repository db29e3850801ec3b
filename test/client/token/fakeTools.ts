import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SignInWorld } from '../../../client/token/signInWorld.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Programs that a platform has, as scripts of Node.js: each logs its arguments and does what the real one is told to do. */
const scripts: Readonly<Record<string, string>> = {
  'secret-tool': `
    const [verb, ...words] = args.filter((one) => !one.startsWith('--'))
    const name = words.join('=')
    if (verb === 'store') save({ ...load(), [name]: input() })
    if (verb === 'lookup') name in load() ? process.stdout.write(load()[name]) : process.exit(1)
    if (verb === 'clear') { const { [name]: _, ...rest } = load(); save(rest) }`,
  security: `
    const after = (words, option) => words[words.indexOf(option) + 1]
    const nameIn = (words) => after(words, '-s') + '=' + after(words, '-a')
    if (args[0] === '-i')
      for (const line of input().split('\\n').filter(Boolean)) {
        if (line.length >= 4096) process.exit(1)
        const words = line.split(' ')
        save({ ...load(), [nameIn(words)]: after(words, '-w') })
      }
    const name = nameIn(args)
    if (args[0] === 'find-generic-password') name in load() ? console.log(load()[name]) : process.exit(44)
    if (args[0] === 'delete-generic-password') { const { [name]: _, ...rest } = load(); save(rest) }`,
  'powershell.exe': `
    const given = JSON.parse(Buffer.from(input(), 'base64').toString())
    const octets = Buffer.from(given.octets, 'base64').map((octet) => octet ^ 0x5a).toString('base64')
    process.stdout.write(Buffer.from(JSON.stringify({ octets })).toString('base64'))`,
  'whoami.exe': `console.log('"contoso\\\\ada","S-1-5-21-1-2-3-1001"')`,
  'icacls.exe': '',
}

const program = (name: string, folder: string): string => `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs')
const args = process.argv.slice(2)
appendFileSync(${JSON.stringify(join(folder, 'called'))}, JSON.stringify([${JSON.stringify(name)}, ...args]) + '\\n')
const store = ${JSON.stringify(join(folder, 'store.json'))}
const load = () => (existsSync(store) ? JSON.parse(readFileSync(store, 'utf8')) : {})
const save = (value) => writeFileSync(store, JSON.stringify(value))
const input = () => readFileSync(0, 'utf8')
${scripts[name] ?? ''}
`

/** Where Windows has its programs; others are on the PATH. */
const placeOf = (name: string): string => {
  if (!name.endsWith('.exe')) return join('bin', name)
  return name === 'powershell.exe' ? `System32/WindowsPowerShell/v1.0/${name}` : join('System32', name)
}

/** Puts fakes of programs into a folder, which has nothing else. @returns what they were called with, and what they hold. */
export const fakeTools = async (...names: readonly string[]) => {
  const root = await temporaryFolder()
  for (const name of names) {
    const file = join(root, placeOf(name))
    await mkdir(dirname(file), { recursive: true })
    // CommonJS, whatever the folder above says.
    await writeFile(file, program(name, root))
    await chmod(file, 0o755)
  }
  const read = (file: string) => readFile(join(root, file), 'utf8').catch(() => '')
  return {
    root,
    environment: { PATH: join(root, 'bin'), SystemRoot: root } satisfies SignInWorld['environment'],
    called: async () =>
      (await read('called'))
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as string[]])),
    stored: async () => JSON.parse((await read('store.json')) || '{}') as Record<string, string>,
    /** From now on it does nothing, and ends with this code. */
    break: (name: string, code: number) => writeFile(join(root, placeOf(name)), `#!/bin/sh\nexit ${code}\n`),
  }
}
