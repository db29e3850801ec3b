import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** Sends octets as they are, and reads until the server closes the connection. */
export const rawExchange = async (url: string, octets: string): Promise<string> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(octets, 'latin1')
  return text(socket)
}
