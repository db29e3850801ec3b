import { HttpRequest } from '@azure/functions'

/** What of a request a test chooses. */
export interface RequestOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly params?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A request as the host hands it to a function. */
export const requestOf = ({
  method = 'POST',
  path = '/',
  headers,
  params,
  body,
}: RequestOptions = {}): HttpRequest =>
  new HttpRequest({
    method,
    url: `http://localhost${path}`,
    headers: { ...headers },
    params: { ...params },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? { string: body } : { bytes: body } }),
  })
