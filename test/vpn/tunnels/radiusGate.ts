import { createSocket } from 'node:dgram'

/**
 * A program: passes RADIUS (RFC 2865) on from 127.0.0.1 and the port that it is given to FreeRADIUS. Once it brought an
 * Access-Accept back, it tells so, and holds the last request until its standard input ends: eapol_test comes once more at once,
 * and has no pause of its own.
 */
const [port = '0'] = process.argv.slice(2)
const accessAccept = 2
const inside = createSocket('udp4')
const outside = createSocket('udp4')
let client = { address: '127.0.0.1', port: 0 }
let isHeld = false
let held: Buffer | undefined

const passOn = (request: Buffer) => outside.send(request, 1812, '127.0.0.1')

inside.on('message', (request, from) => {
  client = from
  if (isHeld) held = request
  else passOn(request)
})
outside.on('message', (answer) => {
  inside.send(answer, client.port, client.address)
  if (answer[0] !== accessAccept) return
  isHeld = true
  process.stdout.write('accepted\n')
})
process.stdin.on('end', () => {
  isHeld = false
  if (held) passOn(held)
})
process.stdin.resume()
inside.bind(Number(port), '127.0.0.1', () => void process.stdout.write('open\n'))
