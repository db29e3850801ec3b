import type { TableServiceClientOptions } from '@azure/data-tables'

type AdditionalPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]

/** Tells the Date (RFC 9110 section 6.6.1) of each answer of the tables, right when it comes: whole seconds. */
export const tellDates = (onDate: (date: Date) => void): AdditionalPolicy => ({
  position: 'perRetry',
  policy: {
    name: 'mayflyTellDates',
    async sendRequest(request, next) {
      const response = await next(request)
      const date = new Date(response.headers.get('date') ?? '')
      if (!Number.isNaN(date.getTime())) onDate(date)
      return response
    },
  },
})
