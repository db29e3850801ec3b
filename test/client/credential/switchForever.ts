// Puts pairs into use, one after the other, until it is killed. Run with the folder, and the file of the pairs.
import { readFileSync } from 'node:fs'
import { switchGeneration } from '../../../client/credential/switchGeneration.ts'

const [folder = '', file = ''] = process.argv.slice(2)
const pairs = JSON.parse(readFileSync(file, 'utf8')) as readonly { key: string; certificate: string }[]
process.stdout.write('begun\n')
for (let index = 0; ; index++) {
  const { key = '', certificate = '' } = pairs[index % pairs.length] ?? {}
  await switchGeneration(folder, {
    'key.pem': { content: key, mode: 0o600 },
    'certificate.pem': { content: certificate, mode: 0o644 },
    'chain.pem': { content: certificate, mode: 0o644 },
  })
}
