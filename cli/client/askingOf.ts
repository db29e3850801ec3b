import { placeName } from '../../client/agent/trustSpec.ts'

/** Says who is asked, for whoever watches: without what a URL may hold beside. */
export const askingOf = (...urls: readonly string[]): string =>
  `asking ${urls.map((url) => (URL.canParse(url) ? placeName(url) : 'the service')).join(', ')}`
