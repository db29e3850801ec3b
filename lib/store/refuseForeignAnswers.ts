import { RestError, type TableServiceClientOptions } from '@azure/data-tables'

type AdditionalPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]

/** Tells a yes of the service from a stranger's: it has a version, and JSON wherever there is something to read. */
const isOfTables = (status: number, headers: { get(name: string): string | undefined }): boolean =>
  headers.get('x-ms-version') !== undefined &&
  (status !== 200 || /^application\/json\b/.test(headers.get('content-type') ?? ''))

/**
 * Refuses the success of whoever answers in place of the tables, such as a proxy that shows a page. The SDK takes a page
 * for a list without rows, and a status alone for a row that is written.
 */
export const refuseForeignAnswers: AdditionalPolicy = {
  position: 'perRetry',
  policy: {
    name: 'mayflyRefuseForeignAnswers',
    async sendRequest(request, next) {
      const response = await next(request)
      const { status, headers } = response
      if (status >= 400 || isOfTables(status, headers)) return response
      throw new RestError('The answer is not of the tables.', { code: 'ForeignAnswer', statusCode: status })
    },
  },
}
