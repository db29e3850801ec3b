import { Refusal } from '../../../lib/errors/refusal.ts'
import { withOpenFile } from '../../../lib/files/withOpenFile.ts'
import { decodeText } from '../../../lib/text/decodeText.ts'
import type { IpPrefix } from '../../../lib/text/ipPrefix.ts'
import { fetchText } from '../../callService.ts'
import { checkUnshared } from '../../checkUnshared.ts'
import type { ExclusionList } from '../vpnProfile.ts'
import { fetchMicrosoft365 } from './fetchMicrosoft365.ts'
import { listRefused, mostOctets, readList } from './readList.ts'

/** What came of a list: that what the caller has is current, or its networks, with how its publisher knows them again. */
export type FetchedList =
  | { readonly kind: 'same' }
  | { readonly kind: 'list'; readonly prefixes: readonly IpPrefix[]; readonly tag?: string | undefined }

/** Gets a list. @param tag of what the caller has. @throws {Refusal} for what cannot be had or used */
export type FetchList = (
  list: ExclusionList,
  options: { readonly tag: string | undefined; readonly signal: AbortSignal },
) => Promise<FetchedList>

type Options = Parameters<FetchList>[1]

const tagForm = /^(?:W\/)?"[\x21\x23-\x7e]{0,128}"$/

const fromUrl = async (name: string, url: URL, { tag, signal }: Options): Promise<FetchedList> => {
  let next: string | undefined
  const onAnswer = ({
    headers: { etag = '' },
  }: {
    readonly headers: { readonly etag?: string | undefined }
  }) => {
    next = tagForm.test(etag) ? etag : undefined
  }
  const headers = { accept: 'text/plain, application/json' }
  const text = await fetchText({ url, headers, attempts: 1, maxOctets: mostOctets, signal, onAnswer }, tag)
  return text === undefined ? { kind: 'same' } : { kind: 'list', prefixes: readList(name, text), tag: next }
}

/** A file takes networks out of the tunnel, as the configuration does: nobody else may write it. */
const fromFile = async (name: string, file: string, signal: AbortSignal): Promise<FetchedList> => {
  const refuse = (why: string) => listRefused(name, why)
  await checkUnshared(file, 'the list')
  const read = withOpenFile(file, (opened, status) => {
    if (!status.isFile()) throw refuse('is no regular file')
    if (status.size > mostOctets) throw refuse(`has more than ${mostOctets} octets`)
    return opened.readFile({ signal })
  })
  const octets = await read.catch((error: unknown) => {
    if (error instanceof Refusal) throw error
    throw refuse(`cannot be read (${(error as NodeJS.ErrnoException).code})`)
  })
  return { kind: 'list', prefixes: readList(name, decodeText(octets, refuse)) }
}

/**
 * Makes what gets lists: from Microsoft, from a URL through the proxy of the machine, without following redirects, or from a file.
 * @param clientRequestId a GUID of this process
 * @param microsoft365 the web service of Microsoft 365
 */
export const listFetcher =
  ({
    clientRequestId,
    microsoft365,
  }: {
    readonly clientRequestId: string
    readonly microsoft365: URL
  }): FetchList =>
  async (list, { tag, signal }) => {
    switch (list.kind) {
      case 'microsoft-365':
        return fetchMicrosoft365({ service: microsoft365, clientRequestId, version: tag, signal })
      case 'url':
        return fromUrl(list.name, list.url, { tag, signal })
      case 'file':
        return fromFile(list.name, list.file, signal)
    }
  }
