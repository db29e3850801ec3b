import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Whether libxml2's program is there, which reads and validates XML. */
export const hasXmllint = spawnSync('xmllint', ['--version']).status === 0

const schema = (name: string) => join(import.meta.dirname, 'schemas', name)

const xmllint = async (contents: string | Uint8Array, words: readonly string[]) => {
  const file = join(await temporaryFolder(), 'document.xml')
  await writeFile(file, contents)
  return spawnSync('xmllint', ['--nonet', ...words, file], { encoding: 'utf8' })
}

/** Tells what is against a document; nothing where it is valid. */
const faultsBy = async (contents: string | Uint8Array, words: readonly string[]): Promise<string> => {
  const { status, stderr } = await xmllint(contents, ['--noout', ...words])
  return status === 0 ? '' : `${status}: ${stderr}`
}

/** Holds a property list up to Apple's document type. @returns what libxml2 says against it. */
export const plistFaults = (text: string): Promise<string> =>
  faultsBy(text, ['--dtdvalid', schema('PropertyList-1.0.dtd')])

/** Holds a scheduled task up to the schema of tasks. @returns what libxml2 says against it. */
export const taskFaults = (octets: Uint8Array): Promise<string> =>
  faultsBy(octets, ['--schema', schema('task.xsd')])

/** Holds a ProfileXML up to the schema of the VPNv2 configuration service provider. @returns what libxml2 says against it. */
export const profileFaults = (text: string): Promise<string> =>
  faultsBy(text, ['--schema', join(import.meta.dirname, '../../../infra/client/windows/ProfileXML.xsd')])

const escapes: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#xD;': '\r' }

/**
 * Reads a document by libxml2, which writes it in canonical form: these characters alone are escaped in texts there.
 * @returns the texts of the elements of a name, in their order.
 */
export const elementTexts = async (
  contents: string | Uint8Array,
  name: string,
): Promise<readonly string[]> => {
  const { status, stdout, stderr } = await xmllint(contents, ['--c14n'])
  if (status !== 0) throw new Error(stderr)
  return [...stdout.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replaceAll(/&(?:amp|lt|gt|#xD);/g, (escape) => escapes[escape] ?? ''),
  )
}
