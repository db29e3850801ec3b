import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPassword, readPin } from '../../../client/credential/readPassword.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const fileOf = async (content: string | Uint8Array) => {
  const file = join(await temporaryFolder(), 'password')
  await writeFile(file, content, { mode: 0o600 })
  return file
}

it.each([
  ['a line', 'secret\n', 'secret'],
  ['a line as Windows ends it, after a byte order mark', '\uFEFFsecret\r\n', 'secret'],
  ['no end of line', 'Grüße', 'Grüße'],
  ['spaces', ' a b \n', ' a b '],
])('readPassword() reads %s', async (_, content, password) => {
  expect(await readPassword(await fileOf(content))).toBe(password)
})

it.each([
  ['nothing', '', /it is empty\.$/],
  ['an empty line', '\n', /it is empty\.$/],
  ['two lines', 'one\ntwo\n', /more than one line/],
  ['a tabulator', 'a\tb', /control characters/],
  ['an umlaut in two characters', 'Gru\u0308\u00dfe', /not in the Unicode form NFC/],
  ['UTF-16', Buffer.from('\uFEFFsecret', 'utf16le'), /is UTF-16/],
  ['octets that are no text', Buffer.from([0xc3, 0x28, 0x41]), /is not UTF-8/],
])('readPassword() refuses %s, without a word of it', async (_, content, why) => {
  const reading = readPassword(await fileOf(content))
  await expect(reading).toRefuse('secret-file-refused', why)
})

it('readPassword() refuses a file that is not there', async () => {
  const file = join(await temporaryFolder(), 'none')
  await expect(readPassword(file)).toRefuse('usage-wrong', /none: ENOENT/)
})

it.skipIf(process.platform === 'win32')('readPassword() refuses a file that others can read', async () => {
  const file = await fileOf('secret')
  await chmod(file, 0o640)
  await expect(readPassword(file)).toRefuse('secret-file-refused', /its mode is 0640, not 0600/)
})

it('readPin() reads what readPassword() does, but no line end', async () => {
  expect(await readPin(await fileOf('1234'))).toBe('1234')
  for (const content of ['1234\n', '1234\r\n'])
    await expect(readPin(await fileOf(content))).toRefuse('secret-file-refused', /ends with a line end/)
  await expect(readPin(await fileOf(''))).toRefuse('secret-file-refused', /it is empty/)
})
