import { Refusal } from '../../lib/errors/refusal.ts'
import { parseSha256 } from '../../lib/text/parseUuid.ts'
import type { OptionValues } from '../commandLine/command.ts'

/** The option of commands that rely on a root, as parseArgs takes it. */
export const anchorOption = { anchor: { type: 'string', multiple: true } } as const

/**
 * Reads the roots that `--anchor`, or an option like it, names, which may be repeated or hold several with commas between them: digests as any
 * program prints them, upper or lower case, with colons or without.
 * @returns SHA-256 in lower-case hex; none without the option.
 * @throws {Refusal} `usage-wrong`
 */
export const readAnchors = (values: OptionValues, name = 'anchor'): readonly string[] =>
  [values[name] ?? []]
    .flat()
    .flatMap((value) => String(value).split(','))
    .map((part) => {
      const digest = parseSha256(part)
      if (digest !== undefined) return digest
      throw new Refusal(
        'usage-wrong',
        `Cannot read --${name}: it takes the SHA-256 of a root, 64 hex digits.`,
      )
    })
