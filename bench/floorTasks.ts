import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import type { BenchWorld, TokenAlgorithm } from './benchWorld.ts'
import type { StageInputs } from './stageInputs.ts'
import { type Task, task } from './measure.ts'

/** The operations of the floor, by what they are for. */
const names = {
  RS256: 'RS256 verify, 2048 bits (token)',
  ES256: 'P-256 verify (token, where ES256)',
  csr: 'P-256 verify (CSR)',
  sign: 'P-256 sign (issuer)',
  selfVerify: 'P-256 verify (self-verification)',
} as const

/** Names what no implementation that checks everything can do without, by the algorithm of the token. */
export const floorOf: Readonly<Record<TokenAlgorithm, readonly string[]>> = {
  RS256: [names.RS256, names.csr, names.sign, names.selfVerify],
  ES256: [names.ES256, names.csr, names.sign, names.selfVerify],
}

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const p256 = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' })

const messagesOf = (octets: number) => Array.from({ length: 8 }, (_, index) => Buffer.alloc(octets, index))

const verifying = (name: string, octets: number, { publicKey, privateKey }: KeyPair): Task =>
  task({
    name,
    inputs: messagesOf(octets).map((message) => ({
      message,
      signature: sign('sha256', message, privateKey),
    })),
    run: ({ message, signature }) => {
      if (!verify('sha256', message, publicKey, signature)) throw new Error('A signature does not verify.')
    },
  })

const signing = (name: string, octets: number, { privateKey }: KeyPair): Task =>
  task({
    name,
    inputs: messagesOf(octets),
    run: (message) => sign('sha256', message, privateKey),
  })

/** The arithmetic alone: node:crypto on prepared keys, over as many octets as in reality. */
export const floorTasks = ({ tokens, csrs }: BenchWorld, { tbs }: StageInputs): readonly Task[] => {
  const tokenOctets = tokens.RS256[0]?.lastIndexOf('.') ?? 0
  const issuer = p256()
  return [
    verifying(names.RS256, tokenOctets, generateKeyPairSync('rsa', { modulusLength: 2048 })),
    verifying(names.ES256, tokenOctets, p256()),
    verifying(names.csr, csrs[0]?.der.length ?? 0, p256()),
    signing(names.sign, tbs.length, issuer),
    verifying(names.selfVerify, tbs.length, issuer),
  ]
}
