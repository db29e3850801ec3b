import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zip } from '../../tools/zip.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { readZip } from './readZip.ts'

const files = (names: readonly string[]) =>
  new Map(names.map((name): [string, Buffer] => [name, Buffer.from(`contents of ${name}\n`)]))

const goes = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0

describe('zip()', () => {
  it('writes what it is given, in order, each file -rw-r--r-- and of 1980-01-01', () => {
    const entries = readZip(zip(files(['b', 'a/b.mjs', 'a-b', 'B'])))
    expect(entries.map(({ name }) => name)).toEqual(['B', 'a-b', 'a/b.mjs', 'b'])
    for (const { name, contents, mode, time, method } of entries) {
      expect(contents.toString()).toBe(`contents of ${name}\n`)
      expect({ mode, time, method }).toEqual({ mode: 0o100644, time: 0x0021_0000, method: 0 })
    }
  })

  it('gives the same bytes for the same files, in whatever order they come', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}(\/[a-z]{1,4})?$/), { maxLength: 9 })
    fc.assert(
      fc.property(names, (given) => {
        expect(zip(files(given)).equals(zip(files(given.toReversed())))).toBe(true)
        expect(readZip(zip(files(given))).map(({ name }) => name)).toEqual([...given].sort())
      }),
    )
  })

  it.each(['', '/etc/passwd', '../a', 'a/../b', './a', 'a/./b', 'a\\b', 'C:\\a', 'ä', 'a b', 'a\nb'])(
    'refuses the name %j',
    (name) => {
      expect(() => zip(files([name]))).toThrow(`Cannot put ${JSON.stringify(name)} into a zip.`)
    },
  )

  it('refuses more files than the format can count without Zip64', () => {
    const many = Array.from({ length: 0xffff }, (_, index) => [`f${index}`, new Uint8Array()] as const)
    expect(() => zip(new Map(many))).toThrow(/^Cannot write a zip of 65535 files/)
  })

  describe('read by programs that others wrote', () => {
    const archive = zip(files(['functions.mjs', 'chunks/a.mjs', 'chunks/b.mjs']))
    const written = async () => {
      const path = join(await temporaryFolder(), 'a.zip')
      writeFileSync(path, archive)
      return path
    }

    it.skipIf(!goes('unzip', '-v'))('unzip finds nothing wrong and the same names', async () => {
      const path = await written()
      expect(execFileSync('unzip', ['-t', path], { encoding: 'utf8' })).toContain('No errors detected')
      const names = execFileSync('unzip', ['-Z1', path], { encoding: 'utf8' }).trim().split(/\r?\n/)
      expect(names).toEqual(['chunks/a.mjs', 'chunks/b.mjs', 'functions.mjs'])
    })

    it.skipIf(!goes('python3', '--version'))("Python's zipfile finds nothing wrong", async () => {
      const script =
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))'
      expect(execFileSync('python3', ['-c', script, await written()], { encoding: 'utf8' }).trim()).toBe(
        'None 3',
      )
    })
  })
})
