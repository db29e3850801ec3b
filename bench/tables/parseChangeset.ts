/** A request within a batch. */
export interface BatchedRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** An answer within a batch. */
export interface BatchedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const headersOf = (lines: readonly string[]): BatchedRequest['headers'] =>
  Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )

/** Reads a part: MIME headers, an empty line, the request's head, an empty line, and its body. */
const requestFrom = (part: string): BatchedRequest | undefined => {
  const [, request = ''] = part.split(/\r?\n\r?\n(?=[A-Z]+ )/)
  const [, head = '', body = ''] = /^(.*?)\r?\n\r?\n\s*(.*)$/s.exec(request) ?? []
  const [line = '', ...headers] = head.split(/\r?\n/)
  const [, method, url = ''] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(line) ?? []
  const parsed = URL.parse(url)
  if (method === undefined || !parsed) return undefined
  return {
    method,
    target: `${parsed.pathname}${parsed.search}`,
    headers: headersOf(headers),
    body: body.trim(),
  }
}

/**
 * Parses the body of a batch, which is one changeset.
 * @returns undefined when it is none.
 */
export const parseChangeset = (body: string): readonly BatchedRequest[] | undefined => {
  const [, boundary] = /multipart\/mixed; boundary=(changeset_[\w-]+)/.exec(body) ?? []
  if (boundary === undefined) return undefined
  const requests = body.split(`--${boundary}`).slice(1, -1).map(requestFrom)
  return requests.every((request) => request !== undefined) ? requests : undefined
}

const boundary = { batch: 'batchresponse_stub', changeset: 'changesetresponse_stub' }

/** The media type of an encoded answer. */
export const changesetType = `multipart/mixed; boundary=${boundary.batch}`

const encodeAnswer = ({ status, headers, body }: BatchedAnswer): readonly string[] => [
  `--${boundary.changeset}`,
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  '',
  `HTTP/1.1 ${status} Batched`,
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  '',
  body,
]

/** Encodes the answers to a changeset: one for each of its requests, or one for the request that failed. */
export const encodeChangeset = (answers: readonly BatchedAnswer[]): string =>
  [
    `--${boundary.batch}`,
    `Content-Type: multipart/mixed; boundary=${boundary.changeset}`,
    '',
    ...answers.flatMap(encodeAnswer),
    `--${boundary.changeset}--`,
    `--${boundary.batch}--`,
    '',
  ].join('\r\n')
