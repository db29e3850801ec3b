import { odata, type TableClient, type TransactionAction } from '@azure/data-tables'
import type { NewRow, PartitionPart, Scan, StoredRow, Value, Write } from './tables.ts'

/** Lists what the tables add to a row on their own. */
const systemProperties = new Set(['partitionKey', 'rowKey', 'etag', 'timestamp', 'odata.metadata'])

/** A row as the SDK read it. */
export const toStored = (entity: Record<string, unknown>): StoredRow => ({
  partition: String(entity['partitionKey']),
  row: String(entity['rowKey']),
  etag: String(entity['etag']),
  values: Object.fromEntries(
    Object.entries(entity).filter(([name]) => !systemProperties.has(name)),
  ) as Record<string, Value>,
})

/** A row as the SDK writes it. */
export const toEntity = ({ partition, row, values }: NewRow) => ({
  partitionKey: partition,
  rowKey: row,
  ...values,
})

/** A write as the SDK's transactions take it. */
export const toAction = (write: Write): TransactionAction => {
  switch (write.kind) {
    case 'insert':
      return ['create', toEntity(write.row)]
    case 'replace':
      return ['update', toEntity(write.row), 'Replace', { etag: write.etag }]
    case 'remove':
      return ['delete', { partitionKey: write.row.partition, rowKey: write.row.row }]
  }
}

/** A role on a single table need not reach to a batch, which is sent to the account: one write is a request of its own. */
export const sendWrite = (
  client: TableClient,
  write: Write,
  options: { readonly abortSignal: AbortSignal },
): Promise<unknown> => {
  switch (write.kind) {
    case 'insert':
      return client.createEntity(toEntity(write.row), options)
    case 'replace':
      return client.updateEntity(toEntity(write.row), 'Replace', { ...options, etag: write.etag })
    case 'remove':
      return client.deleteEntity(write.row.partition, write.row.row, options)
  }
}

/** The OData filter of a partition, or of a part of it. */
export const filterOf = (partition: string, part: PartitionPart | undefined): string => {
  const all = odata`PartitionKey eq ${partition}`
  if (!part) return all
  const { from, before } = 'only' in part ? part.only : part.except
  return 'only' in part
    ? `${all} and ${odata`RowKey ge ${from} and RowKey lt ${before}`}`
    : `${all} and (${odata`RowKey lt ${from} or RowKey ge ${before}`})`
}

/** The OData filter of a scan. */
export const scanFilter = ({ partitions: { from, before }, where = {} }: Scan): string =>
  [
    odata`PartitionKey ge ${from} and PartitionKey lt ${before}`,
    ...Object.entries(where).map(([property, value]) => `${property}${odata` eq ${value}`}`),
  ].join(' and ')
