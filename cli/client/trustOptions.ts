import { type Option, text } from '../commandLine/option.ts'

const mirror: Option<readonly string[]> = {
  value: 'URL',
  help: 'asked before the service; may be repeated, they are asked in turn',
  isRepeatable: true,
  read: (texts = []) => texts,
}

/** The options that say how a server keeps a trust bundle. */
export const trustOptions = {
  mirror,
  relyingParty: text('NAME', 'tell the service what is installed, as this party'),
  secretFile: text('FILE', 'holds the secret of the relying party'),
  onTrustChange: text(
    'HOOK',
    'an executable that has servers load what changed; the files are put back when it fails',
  ),
}
