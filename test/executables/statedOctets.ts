import { readFile } from 'node:fs/promises'

/** Reads of docs/client.md how large a file of `dist-cli` is: octets. */
export const statedOctets = async (name: string): Promise<number> => {
  const page = await readFile(new URL('../../docs/client.md', import.meta.url), 'utf8')
  const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? ''
  const [, megabytes] = / \| ([\d.]+) MB \| /.exec(row) ?? []
  return Number(megabytes) * 1_000_000
}
