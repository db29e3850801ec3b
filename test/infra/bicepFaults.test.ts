import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkBicep } from '../../tools/bicep/checkBicep.ts'
import { loadSchemas } from '../../tools/bicep/schema.ts'

const folder = fileURLToPath(new URL('faults', import.meta.url))
const schemas = await loadSchemas()
const faulty = (await readdir(folder)).filter((name) => /\.bicep(param)?$/.test(name))

/** What a file says is wrong with it, by the line it says it on. */
const plantedIn = async (file: string): Promise<readonly string[]> => {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines.flatMap((text, index) => {
    const [, code] = /\/\/ fault: (\S+)$/.exec(text) ?? []
    return code === undefined ? [] : [`${index + 1} ${code}`]
  })
}

describe('checkBicep()', () => {
  it('has faults to find, of each kind', async () => {
    const codes = (await Promise.all(faulty.map((name) => plantedIn(join(folder, name))))).flat()
    expect(faulty.length).toBeGreaterThanOrEqual(30)
    expect(new Set(codes.map((planted) => planted.split(' ')[1])).size).toBeGreaterThanOrEqual(17)
  })

  it.each(faulty)('finds the fault of %s, and nothing else', async (name) => {
    const file = join(folder, name)
    const findings = await checkBicep([file], schemas)
    expect(findings.map(({ line, code }) => `${line} ${code}`)).toEqual(await plantedIn(file))
    expect(findings.map((finding) => basename(finding.file))).toEqual(findings.map(() => name))
  })

  it('finds nothing in what the faulty files use', async () => {
    expect(await checkBicep([join(folder, 'parts/vault.bicep')], schemas)).toEqual([])
  })
})
