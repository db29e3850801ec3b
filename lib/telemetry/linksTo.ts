import { isSpanContextValid, type Link } from '@opentelemetry/api'

/** W3C Trace Context level 1, section 3.2: version, trace-id, parent-id, trace-flags. */
const traceParentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Links to the span that a `traceparent` names: the host's, so that its record of a request leads to ours. */
export const linksTo = (traceParent: string | undefined): Link[] => {
  const [, traceId = '', spanId = '', flags = ''] = traceParentForm.exec(traceParent ?? '') ?? []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(context) ? [{ context }] : []
}
