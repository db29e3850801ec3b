import { errorType } from './errorType.ts'

/** How often the outage of one exporter is told, in milliseconds. */
const silenceMilliseconds = 10 * 60_000

/** What all exporters of OpenTelemetry have in common; code 0 is success. */
interface Exporter<Items> {
  export(items: Items, done: (result: { readonly code: number; readonly error?: Error }) => void): void
}

/** What telling outages needs from outside. */
export interface Announcement {
  readonly signal: 'traces' | 'metrics'
  /** Milliseconds of any monotonic clock. */
  readonly now: () => number
  /** Takes one structured line, without its end. */
  readonly report: (line: string) => void
}

/**
 * Has an exporter tell that it fails, at most once in ten minutes: the libraries are silent, and a line a failure would
 * fill the log. The line names the kind of failure alone, because messages hold addresses and headers.
 */
export const announcingOutages = <Items, E extends Exporter<Items>>(
  exporter: E & Exporter<Items>,
  { signal, now, report }: Announcement,
): E => {
  const send = exporter.export.bind(exporter)
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (error: Error | undefined): void => {
    if (now() - toldAt < silenceMilliseconds) return
    toldAt = now()
    report(JSON.stringify({ event: 'telemetry-export-failed', signal, cause: errorType(error) }))
  }
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) tell(result.error)
      done(result)
    })
  return exporter
}
