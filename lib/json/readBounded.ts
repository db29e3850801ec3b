/** Reads the body of an answer. @throws {Error} for one that has more octets than this, which are not read, or that breaks off */
export const readBounded = async (response: Response, maxOctets: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let octets = 0
  for await (const chunk of response.body ?? []) {
    octets += chunk.length
    if (octets > maxOctets) throw new Error(`The document has more than ${maxOctets} octets.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
