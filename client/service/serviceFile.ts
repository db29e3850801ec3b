import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'

/** A file by which a platform knows a service. */
export interface ServiceFile {
  readonly path: string
  readonly contents: Buffer
}

/** Which comments a format has. */
export type CommentSyntax = 'unit' | 'xml'

/** What is at a path: nothing, what an installation wrote, or what somebody else wrote or changed. */
export type FoundFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours'; readonly contents: Buffer }
  | { readonly kind: 'foreign' }

const comments: Readonly<Record<CommentSyntax, (text: string) => string>> = {
  unit: (text) => `# ${text}\n`,
  xml: (text) => `<!-- ${text} -->\n`,
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The first line of an XML document, before which no comment may be. */
const declaration = /^<\?xml[^\n]*\n/

/** Puts a line at the top of a text by which it is known again, unchanged. */
export const withMarker = (text: string, syntax: CommentSyntax): string => {
  const [head = ''] = declaration.exec(text) ?? []
  const marker = comments[syntax](`Made by mayfly agent install; sha256 ${sha256(text)}`)
  return `${head}${marker}${text.slice(head.length)}`
}

const markerLine = /^(?:# |<!-- )Made by mayfly agent install; sha256 ([\da-f]{64})(?: -->)?\n/m

/** Whether a text is one that withMarker() made. */
export const isMarked = (text: string): boolean => {
  const [line, digest] = markerLine.exec(text) ?? []
  return line !== undefined && sha256(text.replace(line, '')) === digest
}

const byteOrderMark = Buffer.from([0xff, 0xfe])

/** Encodes a text as Windows reads it: UTF-16, little-endian, with a byte order mark. */
export const encodeUtf16 = (text: string): Buffer =>
  Buffer.concat([byteOrderMark, Buffer.from(text, 'utf16le')])

/** Decodes a file: UTF-16 where it says so, else UTF-8. */
export const decodeServiceFile = (octets: Buffer): string =>
  octets.subarray(0, 2).equals(byteOrderMark) ? octets.toString('utf16le', 2) : octets.toString('utf8')

/** Looks at what is at a path. A link is somebody else's, wherever it leads. */
export const findServiceFile = async (path: string): Promise<FoundFile> => {
  try {
    if (!(await lstat(path)).isFile()) return { kind: 'foreign' }
    const contents = await readFile(path)
    return isMarked(decodeServiceFile(contents)) ? { kind: 'ours', contents } : { kind: 'foreign' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' }
    throw error
  }
}
