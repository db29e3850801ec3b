import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundledPackage } from './bundledPackages.ts'

const licenseFile = /^(licen[cs]e|copying|notice)([.-].*)?$/i

const textOf = async (folder: string): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => licenseFile.test(name)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const joined = texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n')
  return joined || 'These packages come without the text of their licence.'
}

const lineOf = ({ name, version, license }: BundledPackage): string => `${name} ${version} (${license})`

/** The licences of the bundled packages, each text once: most ask that it goes along with every copy. */
export const thirdPartyLicenses = async (
  root: string,
  packages: readonly BundledPackage[],
): Promise<string> => {
  const read = await Promise.all(
    packages.map(async (one) => ({ line: lineOf(one), text: await textOf(join(root, one.folder)) })),
  )
  const sections = [...Map.groupBy(read, ({ text }) => text)].map(
    ([text, same]) => `${[...new Set(same.map(({ line }) => line))].join('\n')}\n\n${text}\n`,
  )
  return sections.join(`\n${'-'.repeat(80)}\n\n`)
}
