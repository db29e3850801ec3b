import { randomUUID } from 'node:crypto'
import type { TestIssuer } from '../tokens.ts'
import type { Purchase } from './audit.ts'
import { type Device, insist, type Line, makeDevice, tryOnce, type Wanted } from './device.ts'

/** What clients do with one token. */
type Play = (line: Line, wanting: (device: Device) => Wanted) => Promise<void>

/** The ordinary client. */
const oneKey: Play = (line, wanting) => insist(line, wanting(makeDevice()))

/** A client that sends the same request again: the same octets, or a request that it signed anew. */
const again: Play = async (line, wanting) => {
  const device = makeDevice()
  const wanted = wanting(device)
  await insist(line, wanted)
  await insist(line, wanted)
  await insist(line, wanting(device))
}

/** A client that is so impatient that it sends everything twice. */
const twiceAtOnce: Play = async (line, wanting) => {
  const device = makeDevice()
  await Promise.all([insist(line, wanting(device)), insist(line, wanting(device))])
}

/** A token that was copied after it was used. */
const secondKeyLater: Play = async (line, wanting) => {
  await insist(line, wanting(makeDevice()))
  await insist(line, wanting(makeDevice()))
}

/** A token that was copied before it was used. */
const twoKeysAtOnce: Play = async (line, wanting) => {
  await Promise.all([insist(line, wanting(makeDevice())), insist(line, wanting(makeDevice()))])
}

/** A client that tries once, makes a new key, and comes back to the first: whichever the ledger has seen first wins. */
const secondKeyAfterOneTry: Play = async (line, wanting) => {
  const [first, second] = [wanting(makeDevice()), wanting(makeDevice())]
  await tryOnce(line, first)
  await insist(line, second)
  await insist(line, first)
}

/** Plays, each as often as it stands here. */
const plays: readonly Play[] = [
  oneKey,
  oneKey,
  oneKey,
  oneKey,
  again,
  twiceAtOnce,
  secondKeyLater,
  twoKeysAtOnce,
  secondKeyAfterOneTry,
  secondKeyAfterOneTry,
]

const newPurchase = (tokenId: string): Purchase => ({
  tokenId,
  keys: new Set(),
  receipts: [],
  replayed: new Set(),
  troubles: [],
})

const subjects = 100

/** Plays with one new token of one of a hundred users. */
export const playOnce = async (line: Line, issuer: TestIssuer): Promise<Purchase> => {
  const purchase = newPurchase(randomUUID())
  const sub = `user-${Math.floor(line.chance() * subjects)}`
  const token = await issuer.token({ claims: { jti: purchase.tokenId, sub } })
  const play = plays[Math.floor(line.chance() * plays.length)] ?? oneKey
  await play(line, (device) => ({ token, device, csr: device.csr(), purchase }))
  return purchase
}
