import { text } from '../commandLine/option.ts'

/** The options that name a service, and whom to trust for it. */
export const serviceOptions = {
  url: text('URL', 'the service; that of the deployment when left out'),
  ca: text('FILE', 'PEM of the authority of the URL, if not a public one'),
}
